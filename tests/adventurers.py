"""What tests of the adventure have in hand: a small world, or the shipped one, on a clock, and players who are told."""

from pathlib import Path
from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from adventure.player import Player
from adventure.world import Refused, World
from adventure.worldfile import read_world
from occwserv.csp import Process, Scheduler

SHIPPED = (Path(__file__).parent.parent / "adventure" / "world.yaml").read_text()

SMALL = """
name: Small
welcome: Welcome.
start: hall
rooms:
  hall: {name: the Hall, text: A hall., exits: {north: yard, east: {to: cellar, door: blue_door}},
    things: [lamp, box, chest, cap, key, stone, table]}
  yard: {name: the Yard, text: A yard by day., night: A yard by night., outdoors: true,
    exits: {south: hall, north: field}, things: [cake, rake]}
  field: {name: the Field, text: A field., outdoors: true, exits: {south: yard}}
  cellar: {name: the Cellar, text: A cellar., dark: true, exits: {west: {to: hall, door: blue_door}}, things: [gem]}
things:
  lamp: {name: a brass lamp, text: It shines., light: true, use: You turn it.}
  box: {name: a tin box, holds: 2, closed: true, things: [coin]}
  chest: {name: an oak chest, holds: 3, locked: true, key: key, fixed: true, things: [crown]}
  coin: {name: an old coin}
  crown: {name: a crown, wearable: true}
  cap: {name: a red cap, wearable: true}
  key: {name: a small key}
  stone: {name: a stone, price: 4}
  table: {name: a table, fixed: true}
  cake: {name: a cake, edible: Sweet.}
  rake: {name: a rake}
  gem: {name: a gem}
doors:
  blue_door: {name: the blue door, mode: locked, key: key, closes: 20}
"""


class WorldTestCase(SynchronousTestCase):
    """A world on a clock. What dies must be expected, and nobody may stand still for ever."""

    text = SMALL
    watched = (
        True  # for deadlocks: that takes some ms for each 0.4 s of the world's time, so an hour of it goes without
    )

    def setUp(self) -> None:
        self.clock = Clock()
        self.died: list[str] = []
        self.stuck: list[list[str]] = []
        self.scheduler = Scheduler(self.clock, report=self._died, stuck=self._stuck if self.watched else None)
        self.world = self.make()
        self.settle()

    def make(self) -> World:
        """The world of the test."""
        return World(read_world(self.text), self.scheduler, self.clock.seconds, Random(7), self._begun_anew)

    def tearDown(self) -> None:
        self.world.end()
        self.settle()
        self.assertEqual((self.died, self.stuck), ([], []))

    def _died(self, process: Process) -> None:
        self.died.append(f"{process.name}: {process.failure!r}")

    def _begun_anew(self, name: str, failure: BaseException) -> None:
        self.died.append(f"{name}: {failure!r}")

    def _stuck(self, processes: list[Process]) -> None:
        self.stuck.append([process.path for process in processes])

    def settle(self) -> None:
        """Let everybody go on until all wait."""
        for _ in range(10_000):
            self.clock.advance(0)
            if not any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
                return
        self.fail("it does not settle")

    def after(self, seconds: float, step: float = 0.5) -> None:
        """Let time go by."""
        end = self.clock.seconds() + seconds
        while self.clock.seconds() < end:
            self.clock.advance(min(step, end - self.clock.seconds()))
            self.settle()

    def enter(self, name: str, password: str = "") -> Player:
        """Have somebody enter."""
        process = self.scheduler.spawn(self._enter(name, password))
        self.settle()
        if isinstance(process.result, str):
            raise AssertionError(process.result)
        return process.result

    async def _enter(self, name: str, password: str) -> Player | str:
        try:
            return await self.world.enter(name, password)
        except Refused as refused:
            return str(refused)

    def start(self, player: Player, line: str) -> Process:
        """Have a line played, and see later what comes of it."""
        return self.scheduler.spawn(player.play(line))

    def heard(self, player: Player) -> str:
        """What a player has heard since the last time."""
        self.settle()
        lines = [heard.text for heard in player.heard.held]
        player.heard.held.clear()
        return "\n".join(lines)

    def play(self, player: Player, *lines: str) -> str:
        """Have lines played; what the player heard of the last."""
        said = ""
        for line in lines:
            self.heard(player)
            process = self.start(player, line)
            self.settle()
            if not process.done:
                self.after(1)
            self.assertTrue(process.done, line)
            said = self.heard(player)
        return said

    def where(self, player: Player) -> str:
        """In which room a player is; there is exactly one."""
        (key,) = [key for key, room in self.world.rooms.items() if player.number in room.bodies]
        return key

    def things(self) -> list[str]:
        """The keys of all things there are, wherever they are."""
        lying = [thing.key for room in self.world.rooms.values() for thing in room.all_things()]
        kept = [each.key for body in self.world.hall.kept.values() for thing in body.things for each in thing.all]
        return sorted(lying + kept)
