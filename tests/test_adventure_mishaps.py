"""What goes wrong in the middle: two builders at once, names that change, worlds that were kept by another file."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from adventure.export import plan_of, write_world
from adventure.keeping import rows_of
from adventure.plans import BotPlan
from adventure.store import Store
from adventure.worldfile import WorldError, read_world

from .adventurers import SMALL, WorldTestCase
from .test_adventure_keeping import KeptTestCase, begun
from .test_adventure_reload import ReloadTestCase

ROOT = Path(__file__).parent.parent


class BuildersTests(WorldTestCase):
    """Builders, and what lives by them."""

    def setUp(self) -> None:
        super().setUp()
        self.ada, self.ben = self.enter("Ada"), self.enter("Ben")
        self.ada.card.role = self.ben.card.role = "builder"

    def test_a_room_is_removed_while_somebody_builds_in_it(self) -> None:
        self.play(self.ada, "dig up the Attic")
        self.play(self.ben, "up")
        self.heard(self.ben)
        both = self.start(self.ada, "remove the_attic"), self.start(self.ben, "describe Dusty.")
        self.settle()
        self.assertEqual([each.done for each in both], [True, True])
        self.assertIn("Where you stood is no more.", self.heard(self.ben))

    def test_who_asks_the_table_or_the_hall_is_answered_though_it_dies(self) -> None:
        def dies(*args: Any) -> None:
            raise KeyError("oh dear")

        self.world.builder._describe = dies  # type: ignore[method-assign, assignment]
        self.world.hall._who = dies  # type: ignore[method-assign, assignment]
        for line in ("describe Dusty.", "who"):
            self.assertEqual(self.play(self.ada, line), "That can not be done now.")
            self.after(1)
        self.assertEqual([each.partition(":")[0] for each in self.died], ["building", "hall"])
        self.died.clear()

    def test_a_bot_that_came_back_is_ended_by_undo(self) -> None:
        self.play(self.ada, "create bot parrot Poll", "destroy poll", "undo")
        self.assertEqual(self.play(self.ada, "undo"), "Poll is no more.\nTaken back: Poll is no more.")
        self.assertEqual(self.world.bots, {})
        self.assertEqual(self.enter("Poll").card.name, "Poll")  # the name is free again

    def test_a_bot_does_not_take_the_name_of_who_was_there_before(self) -> None:
        self.play(self.ada, "password secret1", "quit")
        self.play(self.ben, "create bot parrot Old Ada")
        self.assertEqual(self.enter("Ada", "secret1").card.name, "Ada")
        self.assertRaises(AssertionError, self.enter, "Old")

    def test_what_lies_in_a_box_is_taken_back(self) -> None:
        self.play(self.ada, "create a cup", "get cup", "open box", "put cup in box")
        self.assertEqual(self.play(self.ada, "undo"), "Taken back: a cup is gone")
        self.assertEqual([key for key in self.things() if "cup" in key], [])

    def test_what_is_nowhere_is_not_said_to_be_gone(self) -> None:
        self.play(self.ada, "create a cup")
        self.play(self.ben, "get cup", "quit")
        undone = self.start(self.ada, "undo")
        self.after(15)
        self.assertTrue(undone.done)
        self.assertIn("nothing: a cup is nowhere to be found", self.heard(self.ada))

    def test_bots_that_answer_each_other_leave_time_for_all_else(self) -> None:
        for number in range(6):
            self.world.add_bot(
                BotPlan(name=f"Poll{number}", kind="parrot", room="hall", pace=1000), self.world.rooms["hall"]
            )
        self.settle()
        self.assertIn("You say", self.play(self.ada, "say good morning"))
        self.after(10)
        self.assertLess(self.ada.heard.missed + len(self.ada.heard.held), 100)

    def test_a_short_direction_behind_go(self) -> None:
        self.play(self.ada, "dig ne the Loft")
        self.assertIn("The Yard", self.play(self.ada, "go n"))

    def test_a_reply_reaches_nobody_of_a_longer_name(self) -> None:
        ann, _ = self.enter("Ann"), self.enter("Anna")
        self.play(ann, "tell ben hello", "quit")
        self.assertEqual(self.play(self.ben, "reply a secret"), "Ann does not play any more.")

    def test_a_name_that_has_no_capital_letter_of_its_own(self) -> None:
        for name in ("ßabine", "ıbo", "ﬁona"):
            self.play(self.enter(name), "password secret1", "quit")
            self.assertEqual(self.enter(name, "secret1").card.name, name)

    def test_rights_are_not_inherited_with_a_name(self) -> None:
        self.ada.card.role = "operator"
        self.assertEqual(self.play(self.ada, "grant ben operator"), "Ben is an operator now.")
        self.play(self.ben, "quit")
        other = self.enter("Ben")
        self.play(other, "password secret1")
        self.assertEqual(other.card.role, "player")


class KeptTests(KeptTestCase):
    """The file of the world."""

    def test_a_name_is_changed_before_its_password_was_written(self) -> None:
        ada = self.enter("Ada")
        self.after(1)
        password = self.start(ada, "password secret1")
        self.settle()
        changed = self.start(ada, "name Eve")
        self.after(0.2, 0.1)
        self.assertTrue(password.done and changed.done)
        self.after(2)
        self.assertTrue(self.crash().hall.accounts.protected("eve"))

    def test_a_bot_is_written_whole(self) -> None:
        self.after(1)
        self.world.add_bot(BotPlan(name="Poll", kind="parrot", room="hall"), self.world.rooms["hall"])
        rows = rows_of(self.world, self.world.marks)
        self.assertLessEqual({("bot", "poll"), ("bot body", "poll"), ("bot mind", "poll")}, set(rows))

    def test_the_file_has_new_rooms_that_the_world_needs(self) -> None:
        self.enter("Ada")
        self.after(1)
        self.text = SMALL.replace("start: hall", "start: porch").replace(
            "rooms:\n", "rooms:\n  porch: {name: a Porch, text: A., exits: {in: hall, out: car}, things: [mat]}\n"
                        "  car: {name: a Car, text: A.}\n", 1,
        ).replace("things:\n", "things:\n  mat: {name: a mat}\n", 1) + (
            "machines: {lift: {kind: lift, name: A lift, room: car, stops: [{room: hall, way: in}]}}\n"
        )  # fmt: skip
        world = self.crash()
        self.assertEqual({"porch", "car"} - set(world.rooms), set())
        self.assertEqual(world.rooms["porch"].exits["in"].to.key, "hall")

    def test_a_thing_that_is_handed_out_has_others_in_it(self) -> None:
        text = SMALL.replace(
            "  cake:", "  basket: {name: a basket, holds: 2, things: [egg]}\n  egg: {name: an egg}\n  cake:"
        )
        text += "machines: {hatch: {kind: dispenser, name: a hatch, thing: basket}}\n"
        for _ in range(2):
            store = Store(self.folder / "hatch.sqlite")
            self.addCleanup(store.close)
            world = begun(read_world(text), self, store)
            self.assertEqual(read_world(write_world(plan_of(world))).things["basket"].things, [])
            world.end()

    def test_what_can_not_be_written_ends_nothing_and_is_written_later(self) -> None:
        self.after(1)
        ada = self.enter("Ada")
        self.play(ada, "get lamp")
        other = sqlite3.connect(self.folder / "world.sqlite", isolation_level=None)
        self.addCleanup(other.close)
        self.store._file.execute("PRAGMA busy_timeout = 1")
        other.execute("BEGIN IMMEDIATE")
        self.world.save()
        self.assertRaises(sqlite3.OperationalError, self.world.picture)
        self.assertIn("locked", self.died.pop())
        other.execute("ROLLBACK")
        self.after(10)
        self.assertIn("lamp", [thing.key for thing in self.crash().hall.kept["ada"].things])
        self.died = [each for each in self.died if "locked" not in each]

    def test_a_file_that_can_not_be_used_is_told_by_its_name(self) -> None:
        (self.folder / "text.sqlite").write_text("This is no database, and never was one. " * 100)
        for path in (self.folder / "text.sqlite", self.folder):
            with self.assertRaisesRegex(OSError, f"{path} .adventure.save.: "):
                Store(path)

    def test_a_file_that_can_be_opened_and_not_be_read_is_told_by_its_name(self) -> None:
        self.world.end()
        self.store.close()
        path = self.folder / "world.sqlite"
        path.write_bytes(path.read_bytes()[:4096] + b"x" * (path.stat().st_size - 4096))
        store = Store(path)
        self.addCleanup(store.close)
        self.assertRaisesRegex(OSError, f"{path} .adventure.save.: ", store.rows)


class FileTests(WorldTestCase):
    """World files with mistakes that no world could begin with."""

    def test_mistakes(self) -> None:
        begin = "name: N\nstart: a\nrooms:\n  a: {name: A, text: T%s}\n%s"
        nested = begin % ("", "things:\n  a: {name: A, things: [%s]}\n  b: {name: B, things: [%s]}\n  c: {name: C}\n")
        nested += "machines: {m: {kind: dispenser, name: M, thing: b}}"
        deep = begin % ("", "things:\n  t0: {name: T, things: [t1]}\n" + "".join(
            f"  t{number}: {{name: T, things: [t{number + 1}]}}\n" for number in range(1, 12)
        ) + "  t12: {name: T}\n")  # fmt: skip
        for text, said in (
            (begin % ("", "machines: {m: {kind: lift, name: L}}"), "world.yaml:5: machines.m: room is missing"),
            (begin % ("", "machines: {m: {kind: train, name: L, room: a}}"), "5: machines.m: stops is missing"),
            (begin % ("", "machines: {m: {kind: dispenser, name: L}}"), "5: machines.m: thing is missing"),
            (begin % ("", "machines: {m: {kind: '', name: L}}"), "5: machines.m: kind is missing"),
            (begin % (", exits: {north: ''}", ""), "4: rooms.a.exits.north: to is missing"),
            (begin.replace("start: a", "start: ''") % ("", ""), "1: start is missing"),
            (nested % ("b", "a"), '7: things.b.things: a thing can not be in itself: "a" in "b" in "a"'),
            (nested % ("a", "c"), '6: things.a.things: a thing can not be in itself: "a" in "a"'),
            (deep, '17: things.t11.things: "t12" is in 12 things or more'),
            (begin % ("", "bots: [{name: B, kind: guide, room: a, pace: 0}]"), "5: bots[0].pace: expected 0.1 seconds"),
        ):
            with self.assertRaises(WorldError) as raised:
                read_world(text)
            self.assertIn(said, str(raised.exception))
        self.assertRaises(WorldError, read_world, b"name: \xff\n")


class NewCodeTests(ReloadTestCase):
    """Code that fails when it takes the players over."""

    def test_the_old_world_plays_on(self) -> None:
        ada = self.sit("Ada")
        self.change("world.py", "player = self.player(outbox)\n", "player = self.player(outbox).oh_dear()\n")
        self.reload()
        self.assertIn("the old one plays on: ", self.said())
        self.assertIn("You carry nothing.", self.play(ada, "i"))


class TerminalTests(SynchronousTestCase):
    """`python -m adventure`, of somebody who may not play."""

    def test_it_says_why_and_ends(self) -> None:
        folder = "the world can not be kept in adventure (adventure.save): unable to open database file\n"
        for options, said in (
            (("--name", "x!"), "A name has 2 to 20 letters, and begins with one.\n"),
            (("--protect", "ada", "--save", "adventure"), folder),
        ):
            command = (sys.executable, "-m", "adventure", *options)
            ended = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
            self.assertEqual(ended.stderr.decode(), said)
