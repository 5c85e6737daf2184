"""The world is kept: what was written is found again, whole, whenever everything stops."""

import shutil
import tempfile
from pathlib import Path
from random import Random

from twisted.internet.task import Clock

from adventure.export import plan_of, write_world
from adventure.keeping import Store, picture
from adventure.plans import BotPlan, WorldPlan
from adventure.world import World
from adventure.worldfile import read_world
from occwserv.csp import Scheduler

from .adventurers import SHIPPED, SMALL, WorldTestCase
from .test_adventure_building import Changes


def begun(plan: WorldPlan, case: WorldTestCase, store: Store | None = None) -> World:
    """A world of its own, in which no time goes by."""
    clock = Clock()
    world = World(plan, Scheduler(clock), clock.seconds, Random(1), store=store)
    case.addCleanup(clock.advance, 1)
    case.addCleanup(world.end)
    return world


class KeptTestCase(WorldTestCase):
    """A world with a file."""

    watched = False

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = Store(self.folder / "world.sqlite")
        self.addCleanup(self.store.close)
        super().setUp()

    def make(self) -> World:
        plan = read_world(self.text)
        return World(plan, self.scheduler, self.clock.seconds, Random(7), self._begun_anew, self.store)

    def crash(self, number: int = 0) -> World:
        """Everything stops, and is begun anew with what lies on the disk."""
        for file in self.folder.glob("world.sqlite*"):
            shutil.copy(file, self.folder / f"{number}{file.name}")
        store = Store(self.folder / f"{number}world.sqlite")
        self.addCleanup(store.close)
        return begun(read_world(self.text), self, store)


class KeepingTests(KeptTestCase):
    """Players and what they did."""

    def test_what_players_have_and_did_is_found_again(self) -> None:
        ada, ben = self.enter("Ada"), self.enter("Ben")
        self.play(ada, "password secret1", "get cap", "wear cap", "open box", "n")
        self.play(ben, "get lamp", "n", "drop lamp", "quit")
        self.after(1)
        self.world, before = self.crash(), self.world
        before.end()
        self.assertEqual(self.world.plan.things["box"].closed, False)
        self.assertEqual([thing.key for thing in self.world.rooms["yard"].things], ["cake", "rake", "lamp"])
        body, room = self.world.hall.kept["ada"]
        self.assertEqual(([(thing.key, thing.worn) for thing in body.things], room), ([("cap", True)], "yard"))
        self.assertIn("not the password", self.world.hall.accounts.problem("ada", "other"))
        self.assertEqual(self.world.hall.accounts.problem("ada", "secret1"), "")
        self.assertEqual(set(body.seen), {"hall", "yard"})

    def test_built_rooms_are_found_again_and_removed_ones_are_not(self) -> None:
        ada = self.enter("Ada")
        ada.card.role = "builder"
        self.play(ada, "dig up the Attic", "up", "describe Dusty.", "create a blue cup", "down", "remove field")
        self.after(1)
        again = self.crash()
        self.assertEqual((again.rooms["the_attic"].text, "field" in again.rooms), ("Dusty.", False))
        self.assertEqual([thing.name for thing in again.rooms["the_attic"].things], ["a blue cup"])
        self.assertEqual(again.rooms["hall"].exits["up"].to.key, "the_attic")

    def test_nothing_is_written_when_nothing_happens(self) -> None:
        self.after(1)
        rows = picture(self.world)
        self.assertEqual((self.store.save(rows), rows == self.store.rows), (0, True))

    def test_at_most_a_second_is_lost(self) -> None:
        ada = self.enter("Ada")
        for number in range(10):
            self.play(ada, ("get rake", "drop rake")[number % 2] if self.where(ada) == "yard" else "n")
            self.after(1)
            (body, room), again = self.crash(number).hall.kept["ada"], self.where(ada)
            real = self.world.rooms[again].bodies[ada.number]
            self.assertEqual(
                (room, [thing.key for thing in body.things]), (again, [thing.key for thing in real.things])
            )


class TornTests(KeptTestCase):
    """Stopped at any moment, while everything moves and is rebuilt."""

    text = SHIPPED

    def test_the_world_is_never_torn(self) -> None:
        rooms = list(self.world.rooms.values())
        for each in range(40):
            plan = BotPlan(name=f"Bot {each}", kind=("wanderer", "cleaner")[each % 2], pace=2, home="customs")
            self.world.add_bot(plan, rooms[each % len(rooms)])
        things, chance, changes = set(self.things()) | {"tea"}, Random(3), Changes(self, 9)
        for number in range(15):
            self.scheduler.spawn(changes.make(20))
            for _ in range(chance.randrange(5, 40)):
                self.clock.advance(0.05)
            again = self.crash(number)
            lying = [thing.key for room in again.rooms.values() for thing in room.all_things()]
            self.assertEqual((len(lying), set(lying) | {"tea"}), (len(set(lying)), things))
            self.assertEqual(len(again.bots), len(self.world.plan.bots))
            self.settle()


class ExportTests(WorldTestCase):
    """Export equals import."""

    def test_the_shipped_and_the_small_world(self) -> None:
        for text in (SHIPPED, SMALL):
            plan = read_world(text)
            world = begun(plan, self)
            exported = plan_of(world)
            self.assertEqual(read_world(write_world(exported)), exported)
            self.assertEqual(exported.rooms, plan.rooms)
            self.assertEqual(exported.things, plan.things)

    def test_a_world_that_was_changed(self) -> None:
        ada = self.enter("Ada")
        ada.card.role = "builder"
        self.play(ada, "dig up the Attic", "create a cup: blue #1", "unlock chest", "open box", "remove field")
        exported = plan_of(self.world)
        again = begun(read_world(write_world(exported)), self)
        self.assertEqual(plan_of(again), exported)
