"""How bodies go from room to room: from all sides at once, after each other, through doors, and past the slow."""

from adventure.messages import Crossing, Done
from adventure.room import MOST_BODIES
from occwserv.csp import Mobile

from .adventurers import SMALL, WorldTestCase


class MoveTests(WorldTestCase):
    """Moves in a small world."""

    def test_all_move_at_once_from_all_sides(self) -> None:
        players = [self.enter(f"P{'abcdefghijklmnopqrst'[n]}") for n in range(20)]
        self.settle()
        for turn in range(12):
            for number, player in enumerate(players):
                self.start(player, "north" if (turn + number) % 3 else "south")
            self.after(1)
            for player in players:
                self.assertIn(self.where(player), ("hall", "yard", "field"))
        self.assertEqual(sum(room.away for room in self.world.rooms.values()), 0)
        self.assertGreater(len({self.where(player) for player in players}), 1)

    def test_a_player_who_writes_without_waiting_is_done_in_order(self) -> None:
        ada = self.enter("Ada")
        for line in ("n", "n", "s", "get cake", "s", "drop cake"):
            self.start(ada, line)
        self.after(2)
        self.assertEqual(self.where(ada), "hall")
        self.assertIn("cake", [thing.key for thing in self.world.rooms["hall"].things])

    def test_followers(self) -> None:
        ada, ben, cy = (self.enter(name) for name in ("Ada", "Ben", "Cy"))
        self.settle()
        self.assertEqual(self.play(ben, "follow ada"), "You follow Ada.")
        self.play(cy, "follow ben")
        self.assertIn("Ben follows you.", self.heard(ada))
        self.play(ada, "n", "n")
        self.assertEqual({self.where(each) for each in (ada, ben, cy)}, {"field"})
        self.assertEqual(self.play(ben, "follow"), "You go your own way now.")
        self.play(ada, "s")
        self.assertEqual([self.where(each) for each in (ada, ben, cy)], ["yard", "field", "field"])

    def test_two_who_follow_each_other_do_not_go_for_ever(self) -> None:
        ada, ben = self.enter("Ada"), self.enter("Ben")
        self.settle()
        self.world.rooms["hall"].bodies[ada.number].follows = ben.number
        self.world.rooms["hall"].bodies[ben.number].follows = ada.number
        self.play(ada, "follow ben")
        self.world.rooms["hall"].bodies[ben.number].follows = ada.number
        self.play(ada, "n")
        self.assertEqual([self.where(ada), self.where(ben)], ["yard", "yard"])

    def test_a_room_that_is_full_refuses(self) -> None:
        ada = self.enter("Ada")
        self.settle()
        yard = self.world.rooms["yard"]
        real = dict(yard.bodies)
        yard.bodies.update((-n, None) for n in range(1, MOST_BODIES + 1))
        self.assertEqual(self.play(ada, "n"), "The Yard is full to the doors.")
        yard.bodies.clear()
        yard.bodies.update(real)
        self.assertEqual((self.where(ada), self.world.rooms["hall"].away), ("hall", 0))
        self.play(ada, "n")
        self.assertEqual(self.where(ada), "yard")

    def test_doors_have_two_sides_and_close_by_themselves(self) -> None:
        ada, ben = self.enter("Ada"), self.enter("Ben")
        self.assertEqual(self.play(ada, "east"), "The blue door is locked.")
        self.assertEqual(self.play(ada, "unlock blue door"), "You do not have the key.")
        self.assertEqual(self.play(ada, "get key", "unlock door"), "You unlock the blue door.")
        self.assertEqual(self.play(ada, "open east"), "You open the blue door.")
        self.assertEqual(self.play(ada, "open door"), "The blue door is open already.")
        self.play(ada, "get lamp", "e")
        self.assertEqual(self.where(ada), "cellar")
        self.heard(ben)
        self.assertEqual(self.play(ada, "close door"), "You close the blue door.")
        self.assertEqual(self.heard(ben), "The blue door closes.")
        self.assertEqual(self.play(ada, "open door"), "You open the blue door.")
        self.after(21)
        self.assertIn("The blue door falls shut.", self.heard(ada))
        self.assertIn("The blue door falls shut.", self.heard(ben))
        self.assertEqual(self.play(ben, "open door"), "The blue door is locked.")

    def test_a_slow_player_is_told_what_was_missed_and_delays_nobody(self) -> None:
        ada, slow = self.enter("Ada"), self.enter("Slow")
        for number in range(400):
            self.start(ada, f"say {number}")
        self.after(60)
        self.assertEqual(len(slow.heard.held), slow.heard.room)
        self.assertGreater(slow.heard.missed, 150)
        self.assertIn("399", slow.heard.held[-1].text)

    def test_who_writes_too_fast_waits_himself(self) -> None:
        ada, ben = self.enter("Ada"), self.enter("Ben")
        told = [self.start(ada, f"say {number}") for number in range(60)]
        self.settle()
        self.assertTrue(15 < sum(process.done for process in told) < 30)
        self.assertIn("You carry", self.play(ben, "i"))
        self.after(10)
        self.assertTrue(all(process.done for process in told))

    def test_darkness_and_light(self) -> None:
        ada = self.enter("Ada")
        self.play(ada, "get key", "unlock door", "open door", "e")
        self.assertIn("too dark", self.play(ada, "look"))
        self.assertIn("too dark", self.play(ada, "get gem"))
        self.play(ada, "w", "get lamp", "e")
        self.assertEqual(self.play(ada, "get gem"), "You take the gem.")

    def test_day_and_night(self) -> None:
        ada, ben = self.enter("Ada"), self.enter("Ben")
        self.assertIn("A yard by day.", self.play(ada, "n"))
        self.heard(ada), self.heard(ben)
        self.after(12.1 * 60, step=5)
        self.assertEqual(self.heard(ada), "The sun goes down, and lamps are lit.")
        self.assertEqual(self.heard(ben), "")
        self.assertIn("A yard by night.", self.play(ada, "look"))
        self.assertIn("It is 20:", self.play(ada, "time"))
        self.assertIn("too dark", self.play(ada, "n"))
        self.after(10 * 60, step=5)
        self.assertIn("The sun comes up", self.heard(ada))
        self.assertIn("on day 2", self.play(ada, "time"))


class CrashTests(WorldTestCase):
    """What dies comes back as it was."""

    text = SMALL

    def test_a_room_that_crashes_comes_back_with_its_occupants(self) -> None:
        ada, ben = self.enter("Ada"), self.enter("Ben")
        self.settle()
        hall = self.world.rooms["hall"]
        hall.control.send_now(object())  # what no room understands
        self.settle()
        self.assertIn("AttributeError", self.died.pop())
        told = self.start(ada, "say still here?")
        self.after(1)
        self.assertTrue(told.done)
        self.assertIn("still here?", self.heard(ben))
        self.play(ada, "n")
        self.assertEqual((self.where(ada), self.where(ben)), ("yard", "hall"))

    def test_who_crosses_into_a_room_that_crashes_is_not_lost(self) -> None:
        ada = self.enter("Ada")
        self.settle()
        self.world.rooms["yard"].control.send_now(object())
        self.start(ada, "n")
        self.after(1)
        self.assertIn("AttributeError", self.died.pop())
        self.assertEqual(self.where(ada), "yard")

    def test_a_verb_that_fails_is_answered(self) -> None:
        ada = self.enter("Ada")
        self.settle()
        hall = self.world.rooms["hall"]
        hall.acts = {**hall.acts, "score": lambda *arguments: 1 / 0}
        told = self.start(ada, "score")
        self.after(1)
        self.assertTrue(told.done)
        self.assertIn("ZeroDivisionError", self.died.pop())

    def test_a_body_that_can_not_go_back_is_taken_in_always(self) -> None:
        ada = self.enter("Ada")
        self.settle()
        body = self.world.rooms["hall"].bodies.pop(ada.number)
        self.world.rooms["cellar"].mailbox.send_now(Mobile(Crossing(body, "", None, Done())))
        self.assertIn("too dark", self.play(ada, "look"))
        self.assertEqual(self.where(ada), "cellar")
