"""The game goes on in new code: doors keep their seats, and nothing that anybody has or does is lost."""

import shutil
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import Logger, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from adventure.code import HERE
from adventure.game import LOOK, TRIED, Game
from adventure.seats import Seat
from occwserv.csp import Process, Scheduler

from .adventurers import SHIPPED
from .sockets import AtOnce


class Threads(Clock):
    """A clock, and threads that have done their work at once."""

    def callFromThread(self, act: Any, *args: Any) -> None:
        self.callLater(0, act, *args)

    def getThreadPool(self) -> AtOnce:
        return AtOnce()


class ReloadTestCase(SynchronousTestCase):
    """A game whose code is a copy."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.code = self.folder / "adventure"
        shutil.copytree(HERE, self.code, ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "world.yaml").write_text(SHIPPED)
        self.events = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)
        self.clock, self.died = Threads(), []
        self.scheduler = Scheduler(self.clock, report=self.died.append, stuck=self.died.append)
        options = {"world": str(self.folder / "world.yaml"), "save": str(self.folder / "world.sqlite")}
        self.game = Game(self.scheduler, options, self.clock, Logger("game"), self.code)
        self.loaded = 0

    def tearDown(self) -> None:
        self.game.end()
        self.after(0.1)
        self.assertEqual((self.died, list(self.scheduler.processes)), ([], []))

    def after(self, seconds: float, step: float = 0.1) -> None:
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            self.clock.pump([0] * 20)

    def sit(self, name: str, **how: Any) -> Seat:
        process = self.scheduler.spawn(self.game.seats.enter(name, **how))
        self.after(0.1)
        assert process.done and process.failure is None, process
        return process.result

    def play(self, seat: Seat, line: str) -> str:
        seat.heard.held.clear()
        process = self.start(seat, line)
        self.after(1)
        self.assertTrue(process.done, line)
        return self.heard(seat)

    def start(self, seat: Seat, line: str) -> Process:
        return self.scheduler.spawn(seat.play(line))

    def heard(self, seat: Seat) -> str:
        lines = [heard.text for heard in seat.heard.held]
        seat.heard.held.clear()
        return "\n".join(lines)

    def change(self, file: str, old: str, new: str) -> None:
        text = (self.code / file).read_text()
        self.assertIn(old, text)
        (self.code / file).write_text(text.replace(old, new))

    def reload(self) -> None:
        """Let the files be found, and the game go on in them."""
        self.after(2 * LOOK + TRIED + 0.5)

    def said(self) -> str:
        return "\n".join(formatEvent(event) for event in self.events)

    def tree(self) -> str:
        return "\n".join(process.path for process in self.scheduler.processes)


class ReloadTests(ReloadTestCase):
    """New code."""

    def test_the_game_goes_on_in_new_code(self) -> None:
        ada, ben = self.sit("Ada"), self.sit("Ben", door="telnet")
        self.play(ada, "get rope")
        self.play(ben, "follow ada")
        self.play(ada, "north")
        world, bodies = self.game.seats.world, len(self.game.seats.world.bots)
        self.heard(ada)
        self.change("looking.py", "You carry", "Indeed you carry")
        self.reload()
        self.assertIn("goes on in new code, with 2 players", self.said())
        self.assertIsNot(self.game.seats.world, world)
        self.assertNotIn("Stone Quay", self.heard(ada))  # nobody notices
        self.assertEqual(self.play(ada, "i").splitlines()[0], "Indeed you carry a coil of rope.")
        self.assertEqual(len(self.game.seats.world.bots), bodies)
        self.play(ada, "south")
        self.assertEqual((ada.state()["room"], ben.state()["room"]), ("quay", "quay"))  # he follows her still
        self.assertEqual((ada.over, ben.over, ben.name), (False, False, "Ben"))
        self.play(ben, "say well")
        self.assertIn('Ben says, "well"', self.heard(ada))

    def test_code_that_can_not_be_used_leaves_the_old_one_playing(self) -> None:
        ada = self.sit("Ada")
        broken = (
            ("looking.py", "def look(", "def look", r"looking.py:\d+: unmatched"),
            ("verbs.py", "OPPOSITE = {", "OPPOSITE = {1 / 0: 0,", r"verbs.py:\d+: ZeroDivisionError"),
            ("world.py", "self._ended = False", "self.oh_dear()", "'World' object has no attribute"),
            ("room.py", "which, message = await pri_alt", "self.oh_dear()\n            which, message = await pri_alt",
             "what lived in it died at once"),
        )  # fmt: skip
        for file, old, new, why in broken:
            text = (self.code / file).read_text()
            self.change(file, old, new)
            self.reload()
            self.assertIn("the old one plays on: ", self.said())
            self.assertRegex(self.said(), why)
            self.assertRegex(self.tree(), why)
            self.assertIn("You carry nothing.", self.play(ada, "i"))
            (self.code / file).write_text(text)
            self.reload()
            self.assertNotIn("plays on", self.tree())
            self.assertIn("You carry nothing.", self.play(ada, "i"))

    def test_a_world_file_that_can_not_be_used_leaves_the_old_world(self) -> None:
        ada = self.sit("Ada")
        (self.folder / "world.yaml").write_text(SHIPPED.replace("start:", "strat:"))
        self.change("looking.py", "You carry", "You bear")
        self.reload()
        self.assertIn("strat: there is no such field; did you mean start?", self.said())
        self.assertIn("You carry nothing.", self.play(ada, "i"))

    def test_what_is_played_meanwhile_is_played_in_the_new_world(self) -> None:
        ada, ben = self.sit("Ada"), self.sit("Ben")
        self.heard(ada), self.heard(ben)
        self.change("acting.py", 'says, "', 'says now, "')
        long = self.start(ada, "wait")
        lines = [self.start(ada, f"say {number}") for number in range(5)]
        self.after(0.3)
        renewed = self.scheduler.spawn(self.game.renew())
        came = self.scheduler.spawn(self.game.seats.enter("Cy"))
        self.after(3)
        self.assertTrue(renewed.result)
        self.assertTrue(all(line.done for line in (long, *lines, came)))
        said = [line for line in self.heard(ben).splitlines() if line.startswith("Ada")]
        self.assertEqual([line[-2] for line in said], ["0", "1", "2", "3", "4"])
        self.assertEqual(said[-1], 'Ada says now, "4"')

    def test_what_was_kept_is_whole_afterwards(self) -> None:
        ada = self.sit("Ada", door="irc", whom="ada!a@b")
        for line in ("password secret1", "get rope", "north", "name Eve"):
            self.play(ada, line)
        for number in range(3):
            self.change("looking.py", "You carry", "You carry ")
            self.reload()
            self.play(ada, f"say {number}")
        self.game.end()
        self.after(0.1)
        options = {"world": str(self.folder / "world.yaml"), "save": str(self.folder / "world.sqlite")}
        self.game = Game(self.scheduler, options, self.clock, Logger("game"), self.code)
        eve = self.sit("Eve", password="secret1")
        self.assertEqual(eve.state()["room"], "square")
        self.assertIn("You carry", self.play(eve, "i"))
        self.assertIn("a coil of rope", self.play(eve, "i"))

    def test_old_code_is_forgotten(self) -> None:
        def loaded() -> list[str]:
            return [name for name in sys.modules if name.startswith("adventure.as_of") and name.endswith(".world")]

        before = len(loaded())
        for _ in range(3):
            self.change("looking.py", "You carry", "You carry ")
            self.reload()
        self.assertEqual((len(loaded()), self.said().count("goes on in new code")), (before + 1, 3))

    def test_many_reloads_under_players_who_play_on(self) -> None:
        chance, heard = Random(1), 0
        names = [f"P{a}{b}" for a in "abcdefgh" for b in "abcde"]
        seats = [self.sit(name, door=("web", "irc")[each % 2]) for each, name in enumerate(names)]
        said: list[Process] = []
        for number in range(5):
            self.change("looking.py", "You carry", "You carry ")
            for _ in range(40):
                said += [self.start(chance.choice(seats), chance.choice(("n", "s", "e", "w", "look", f"say {number}")))]
                self.after(0.1)
            heard += sum(len(self.heard(seat)) for seat in seats)
        self.reload()
        self.assertEqual((self.said().count("goes on in new code"), self.game.seats.players), (5, 40))
        self.assertTrue(all(line.done for line in said) and not any(seat.over for seat in seats))
        self.assertGreater(heard, 1000)
        for number, seat in enumerate(seats):
            self.assertIn(f"it is {number}", self.play(seat, f"say it is {number}"))
