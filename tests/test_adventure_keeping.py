"""The world is kept: what was written is found again, whole, whenever everything stops."""

import shutil
import tempfile
from pathlib import Path
from random import Random

from twisted.internet.task import Clock

from adventure.accounts import digest_of
from adventure.export import plan_of, write_world
from adventure.keeping import picture, rows_of
from adventure.plans import BotPlan, WorldPlan
from adventure.store import Store
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

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.store = Store(self.folder / "world.sqlite")
        super().setUp()

    def tearDown(self) -> None:
        super().tearDown()
        self.store.close()
        shutil.rmtree(self.folder)

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
        body = self.world.hall.kept["ada"]
        self.assertEqual(([(thing.key, thing.worn) for thing in body.things], body.at), ([("cap", True)], "yard"))
        accounts = self.world.hall.accounts
        self.assertIn("not the password", accounts.problem("ada", digest_of("other", accounts.salt("ada"))))
        self.assertEqual(accounts.problem("ada", digest_of("secret1", accounts.salt("ada"))), "")
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
        ada = self.enter("Ada")
        self.after(1)
        written = self.store.rows()
        self.play(ada, "look", "say hello", "score", "i")
        self.after(5)
        self.assertEqual(self.store.rows(), written)
        self.play(ada, "get lamp")
        self.after(1)
        changed = {place for place, value in self.store.rows().items() if written.get(place) != value}
        self.assertEqual(changed, {("room", "hall"), ("player", "ada"), ("world", "world")})

    def test_at_most_a_second_is_lost(self) -> None:
        ada = self.enter("Ada")
        for number in range(10):
            self.play(ada, ("get rake", "drop rake")[number % 2] if self.where(ada) == "yard" else "n")
            self.after(1)
            body, again = self.crash(number).hall.kept["ada"], self.where(ada)
            real = self.world.rooms[again].bodies[ada.number]
            self.assertEqual(
                (body.at, [thing.key for thing in body.things]), (again, [thing.key for thing in real.things])
            )


WORKS = """
name: Works
start: shaft
rooms:
  shaft: {name: the Shaft, text: A shaft., exits: {east: {to: vault, door: gate}}, things: [call, press]}
  top: {name: the Top, text: The top., things: [rope]}
  vault: {name: the Vault, text: A vault., exits: {west: {to: shaft, door: gate}}, things: [crank]}
  car: {name: the Lift, text: A lift.}
  coach: {name: the Coach, text: A coach.}
things:
  call: {name: a button, fixed: true, device: lift}
  press: {name: a press, fixed: true, device: press}
  rope: {name: a rope, fixed: true, device: lock}
  crank: {name: a crank, fixed: true, device: lock}
  ticket: {name: a ticket}
doors:
  gate: {name: the gate, mode: closed, closes: 60}
machines:
  lift: {kind: lift, name: The lift, room: car, ride: 20, rest: 5,
    stops: [{room: top}, {room: shaft, button: call}]}
  train: {kind: train, name: The train, room: coach, ride: 20, rest: 5,
    stops: [{room: top, way: up}, {room: vault, way: up}]}
  press: {kind: dispenser, name: the press, thing: ticket, pause: 30, text: A ticket drops.}
  lock: {kind: levers, name: the lock, levers: [rope, crank], door: gate, seconds: 60, text: It opens.}
bots:
  - {name: Tam, kind: watchman, room: shaft, pace: 5, route: [go east, go west]}
"""


class ExactTests(KeptTestCase):
    """A restart brings back exactly the same world."""

    text = WORKS

    def like(self, world: World) -> dict:
        """How a world is, but for the players who are not in it after a restart."""
        bodies = {bot.mine.key: bot.mine for bot in world.bots.values()}
        return {
            "machines": {key: machine.state() for key, machine in world.machines.items()},
            "ways": {(key, way): (exit.to.key, exit.mode) for key, room in world.rooms.items()
                     for way, exit in room.exits.items()},
            "bots": {key: (bot.plan, bot.state()) for key, bot in world.bots.items()},
            "bodies": {key: (body.at, body.purse, [thing.key for thing in body.things])
                       for key, body in bodies.items()},
            "hour": world.now(), "plan": plan_of(world),
        }  # fmt: skip

    def test_doors_machines_bots_and_the_hour(self) -> None:
        ada = self.enter("Ada")
        ada.card.role = "builder"
        self.play(ada, "open gate", "use press", "press button", "create bot trader Wil", "create a red cup")
        self.play(ada, "give 3 coins to wil", "name Eve", "give ticket to wil", "east", "turn crank")
        modes, riding = set(), set()
        for number in range(12):
            self.after(7)
            self.world.save()
            again = self.crash(number)
            again.scheduler.run()
            before, after = self.like(self.world), self.like(again)
            for part in before:
                self.assertEqual(after[part], before[part], (number, part))
            modes.add(again.machines["gate"].mode)
            riding.add((again.machines["lift"].riding, again.machines["train"].riding))
        self.assertEqual((modes, len(riding) > 2), ({"open", "closed"}, True))
        self.assertEqual({name: body.at for name, body in again.hall.kept.items()}, {"eve": "vault"})

    def test_what_is_written_as_it_changes_is_all_there_is(self) -> None:
        ada = self.enter("Ada")
        ada.card.role = "builder"
        lines = (
            "open gate", "use press", "press button", "create bot trader Wil", "give ticket to wil", "dig up the Attic",
            "up", "create a cup", "get cup", "name Eve", "password secret1", "down", "drop cup", "destroy wil", "undo",
            "east", "turn crank", "remove the attic", "undo", "describe Dusty.", "west", "unlink east", "quit",
        )  # fmt: skip
        for line in lines:
            self.play(ada, line)
            self.after(3)
            marks = self.world.marks.take()
            self.store.save(self.store.stamp(), rows_of(self.world, marks), marks.gone)
            written, all_there_is = self.store.rows(), picture(self.world)
            self.assertEqual(set(written), set(all_there_is), line)
            for place in written:
                self.assertEqual(written[place], all_there_is[place], line)


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
            self.assertEqual(set(again.bots), set(self.world.bots))
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
