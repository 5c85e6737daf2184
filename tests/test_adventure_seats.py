"""Seats: one character at several doors."""

from random import Random
from typing import Any

from adventure.limits import Limits
from adventure.seats import CODE_LASTS, Refused, Seat, Seats
from adventure.world import World
from occwserv.csp import EndOfChannel

from .adventurers import WorldTestCase


class SeatsTestCase(WorldTestCase):
    """A world with doors."""

    def setUp(self) -> None:
        super().setUp()
        self.seats = self.seats_of(self.world)

    def seats_of(self, world: World) -> Seats:
        return Seats(world, self.scheduler, self.clock.seconds, Random(5))

    def tearDown(self) -> None:
        self.seats.end()
        super().tearDown()

    def done(self, routine: Any) -> Any:
        """What comes of something that is done at once; a refusal is a text."""

        async def asked() -> Any:
            try:
                return await routine
            except Refused as refused:
                return str(refused)

        process = self.scheduler.spawn(asked())
        self.settle()
        self.assertTrue(process.done)
        return process.result

    def sit(self, name: str, password: str = "", door: str = "web", whom: str = "") -> Any:
        return self.done(self.seats.enter(name, password, door, whom))

    def says(self, seat: Seat, *lines: str) -> str:
        """Have lines played; what the seat heard of the last."""
        for line in lines:
            seat.heard.held.clear()
            self.scheduler.spawn(seat.play(line))
            self.after(1)
        return self.hears(seat)

    def hears(self, seat: Seat) -> str:
        self.settle()
        lines = [heard.text for heard in seat.heard.held]
        seat.heard.held.clear()
        return "\n".join(lines)

    def ended(self, seat: Seat) -> bool:
        seat.heard.held.clear()

        async def listen() -> bool:
            try:
                await seat.heard.receive()
            except EndOfChannel:
                return True
            return False

        return self.done(listen())


class SeatsTests(SeatsTestCase):
    """Who is who, and where."""

    def test_two_doors_hear_and_play_the_same_character(self) -> None:
        web = self.sit("Ada")
        self.says(web, "password secret1")
        telnet = self.sit("ada", "secret1", "telnet")
        self.assertIn("You are at the telnet door, too.\nThe Hall", self.hears(web))
        self.assertEqual(self.says(telnet, "get lamp"), "You take the brass lamp.")
        self.assertEqual(self.hears(web).splitlines()[-1], "You take the brass lamp.")
        self.assertEqual((web.name, telnet.name, self.seats.players), ("Ada", "Ada", 1))
        self.says(web, "name Eve")
        self.assertEqual((telnet.name, self.seats.has_password("eve"), self.seats.has_password("ada")),
                         ("Eve", True, False))  # fmt: skip

    def test_quitting_at_one_door_ends_all_seats_after_the_last_lines(self) -> None:
        web = self.sit("Ada")
        irc = self.done(self.seats.enter_by_code(web.code(), "irc"))
        self.says(irc, "quit")
        self.assertIn("Good-bye", self.hears(web))
        self.assertEqual((self.ended(web), self.ended(irc), web.over, irc.over, self.seats.players),
                         (True, True, True, True, 0))  # fmt: skip
        self.assertEqual(self.says(web, "look"), "")
        self.assertEqual(self.sit("Ada").name, "Ada")

    def test_a_name_without_password_that_is_in_play_can_not_be_taken(self) -> None:
        web = self.sit("Ada", whom="session 1")
        for door, whom in (("web", "session 2"), ("telnet", "session 1"), ("telnet", "")):
            self.assertIn("is playing now", self.sit("Ada", door=door, whom=whom))
        web.let_go()
        for door, whom in (("web", "session 2"), ("telnet", "session 1"), ("web", "")):
            self.assertIn("is playing now", self.sit("Ada", door=door, whom=whom))

    def test_who_comes_back_gets_his_seat_and_what_it_heard(self) -> None:
        ada, ben = self.sit("Ada", door="telnet", whom="127.0.0.1"), self.sit("Ben")
        self.hears(ada)
        ada.let_go()
        self.says(ben, "say where are you?")
        self.assertIs(self.sit("Ada", door="telnet", whom="127.0.0.1"), ada)
        self.assertIn("where are you", self.hears(ada))
        self.says(ada, "password secret1")
        ada.let_go()
        self.assertIn("not the password", self.sit("Ada", "wrong", "telnet", "127.0.0.1"))
        self.assertIs(self.sit("Ada", "secret1", "telnet", "127.0.0.2"), ada)

    def test_a_code_is_good_once_for_a_while_and_the_newest_alone(self) -> None:
        web = self.sit("Ada")
        old, code = web.code(), self.says(web, "code").partition("`link ")[2][:6]
        self.assertNotRegex(code, "[01OI]")
        self.assertIn("not good", self.done(self.seats.enter_by_code(old, "irc")))
        irc = self.done(self.seats.enter_by_code(f" {code.lower()} ", "irc"))
        self.assertEqual(irc.name, "Ada")
        self.assertIn("not good", self.done(self.seats.enter_by_code(code, "irc")))
        code = web.code()
        self.after(CODE_LASTS + 1, 60)
        self.assertIn("not good", self.done(self.seats.enter_by_code(code, "irc")))
        code = web.code()
        self.says(web, "quit")
        self.assertIn("not good", self.done(self.seats.enter_by_code(code, "irc")))

    def test_a_character_without_any_door_is_away_and_then_leaves(self) -> None:
        web, ben = self.sit("Ada"), self.sit("Ben")
        irc = self.done(self.seats.enter_by_code(web.code(), "irc"))
        web.let_go()
        self.after(Limits().away + 10, 5)
        self.assertNotIn("stares", self.hears(ben))
        irc.let_go()
        self.after(Limits().away + 10, 5)
        self.assertIn("Ada stares into space.", self.hears(ben))
        irc.take_up()
        self.after(10, 5)
        self.assertIn("Ada is back.", self.hears(ben))
        self.after(Limits().leave, 5)
        self.assertEqual((self.ended(web), irc.over), (True, False))
        irc.let_go()
        self.after(Limits().leave + 10, 5)
        self.assertIn("Ada has left the world.", self.hears(ben))
        self.assertTrue(irc.over)

    def test_what_is_known_of_a_character(self) -> None:
        seat = self.sit("Ada")
        self.says(seat, "n")
        self.assertEqual(seat.state(), {
            "name": "Ada", "role": "player", "score": 0, "purse": 10, "room": "yard", "room_name": "the Yard",
            "exits": {"south": "hall", "north": "field"},
        })  # fmt: skip

    def test_who_reads_nothing_holds_nobody_up_and_it_is_counted(self) -> None:
        web = self.sit("Ada")
        irc = self.done(self.seats.enter_by_code(web.code(), "irc"))
        for _ in range(60):
            self.says(web, "look")
        self.assertGreater(irc.heard.missed, 0)
        self.assertEqual((web.heard.missed, len(irc.heard.held)), (0, 200))

    def test_the_end_of_the_world_ends_all_seats(self) -> None:
        web = self.sit("Ada")
        self.seats.end()
        self.assertTrue(self.ended(web))
