"""The goal of the shipped world, reached on foot and by train: three with live feeds, and one without scripts."""

import re
from html import unescape

from .ogi_stage import OgiTestCase
from .test_ogi_adventure import DOOR, FORM, PLACE


class Walker:
    """Somebody at the web door."""

    def __init__(self, case: "GoalTests", name: str, live: bool) -> None:
        self.case = case
        answer = case.get(PLACE, FORM, method=b"POST", body=b"name=" + name.encode())
        self.cookie = b"Cookie: " + answer["set-cookie"].split(";")[0].encode()
        self.feed = case.ask(PLACE + "/events", self.cookie) if live else None

    def do(self, *lines: str) -> str:
        """Play lines; what is new on the page after the last."""
        for line in lines:
            self.look()
            body = b"command=" + line.replace(" ", "+").encode()
            self.case.assertEqual(self.case.get(PLACE, FORM, self.cookie, method=b"POST", body=body).status, 303)
            self.case.wait(0.1)  # not more lines a second than he may write
        return self.look()

    def look(self) -> str:
        """What is new on the page."""
        self.page = unescape(self.case.text(PLACE, self.cookie))
        return self.page.partition('role="log"')[2].partition("</ol>")[0]

    @property
    def room(self) -> str:
        return re.search("<h1>(.*)</h1>", self.page)[1]

    def rode(self, station: str) -> bool:
        """Get in if the train is there, and out where it is to go. Whether that is done."""
        if self.room != "The train":
            self.do("in")
        if self.room == "The train" and f"There is {station}." in self.do("x out"):
            self.do("out")
        return self.room == station


class GoalTests(OgiTestCase):
    """It takes three."""

    modules = {"adventure": DOOR}

    def ride(self, station: str, *walkers: Walker) -> None:
        """Have all take the train."""
        waiting = list(walkers)
        for _ in range(100):
            waiting = [walker for walker in waiting if not walker.rode(station)]
            if not waiting:
                return
            self.wait(3)
        self.fail(f"nobody gets to {station}")

    def test_three_who_hear_at_once_and_one_without_scripts(self) -> None:
        ada, ben, cy = (Walker(self, name, True) for name in ("Ada", "Ben", "Cy"))
        plain = Walker(self, "Plain", False)
        ada.do("n", "up", "up")
        ben.do("s", "e", "e", "open red door", "in", "up")
        cy.do("n", "ne")
        self.ride("Mill Halt", cy)
        cy.do("n", "down", "get iron key")
        self.assertIn("2 more must be waiting", cy.do("turn wheel"))
        self.assertIn("1 more must be waiting", ada.do("pull rope"))
        self.assertIn("three hands at once!", ben.do("turn crank"))
        ada.do("down", "down", "ne")
        ben.do("down", "open red door", "out", "w", "w", "n", "n", "ne")
        plain.do("n", "ne")
        cy.do("up", "s")
        self.ride("Saltworks Halt", cy, ada, ben, plain)
        for walker in (cy, ada, ben, plain):
            walker.do("s", "down")
            if walker is cy:
                walker.do("unlock iron door")
            walker.do("open iron door", "e", "down", "down")
            self.assertEqual(walker.room, "The Hall of the Orrery")
            if walker is cy:
                self.assertIn("Two more would have to turn with you.", walker.do("turn orrery"))
        said = plain.do("turn orrery")
        for heard in (said, *(walker.feed.sees().decode() for walker in (ada, ben, cy))):
            self.assertIn("the tide is on time.", heard)
            self.assertIn("You have 100 points more.", heard)
