"""Figures of the adventure, without a network: python -m benchmarks.adventure

One process and one core, on the clock of the machine. What a door adds is measured by the others of this folder.
"""

import asyncio
import gc
import resource
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from adventure.keeping import picture, rows_of
from adventure.plans import BotPlan, RoomPlan, ThingPlan, Way, WorldPlan
from adventure.store import Store
from adventure.world import World
from adventure.worldfile import read_world
from occwserv.csp import Scheduler, sleep

SHIPPED = Path(__file__).parent.parent / "adventure" / "world.yaml"
PLAYERS = 500


class LoopClock:
    """asyncio's loop as a clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.seconds = loop.time
        self._loop = loop

    def callLater(self, delay: float, act, *args):
        return self._loop.call_later(delay, act, *args) if delay else self._loop.call_soon(act, *args)


def memory() -> int:
    """Bytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def names(number: int) -> list[str]:
    letters = "abcdefghij"
    return ["P" + "".join(letters[int(digit)] for digit in f"{each:05d}") for each in range(number)]


def grid(side: int) -> WorldPlan:
    """A world of side × side rooms."""
    plan = WorldPlan("Grid", "", "r0_0")
    for x in range(side):
        for y in range(side):
            near = {"east": (x + 1, y), "west": (x - 1, y), "north": (x, y + 1), "south": (x, y - 1)}
            ways = {way: Way(f"r{a}_{b}") for way, (a, b) in near.items() if 0 <= a < side and 0 <= b < side}
            plan.rooms[f"r{x}_{y}"] = RoomPlan(
                f"the Place {x} {y}", "A place like others, of some size. " * 3, exits=ways
            )
    return plan


async def at_once() -> None:
    """No limit."""


class Figures:
    """What is measured, one after the other, in one scheduler."""

    def __init__(self, scheduler: Scheduler, now) -> None:
        self.scheduler, self.now = scheduler, now

    def world(self, plan: WorldPlan, store: Store | None = None) -> World:
        return World(plan, self.scheduler, self.now, Random(1), store=store)

    async def players(self, world: World, number: int) -> list:
        return [await world.enter(name) for name in names(number)]

    async def looks(self) -> None:
        """500 players spread over the world look, 3,000 times a second for three seconds."""
        before = memory()
        print(f"before the first player: {before / 2**20:.0f} MiB")
        world = self.world(read_world(SHIPPED.read_text()))
        await sleep(0.2)
        gc.collect()
        base = memory()
        players = await self.players(world, PLAYERS)
        rooms = list(world.rooms.values())
        for number, player in enumerate(players):
            player._not_too_fast = at_once  # the limit of lines a second is not what is measured
            for room in rooms:
                body = room.bodies.pop(player.number, None)
                if body is not None:
                    rooms[number % len(rooms)].take_in(body)
        gc.collect()
        print(f"a player: {(memory() - base) / PLAYERS / 1024:.1f} KiB")
        taken: list[float] = []

        async def look(player) -> None:
            begun = perf_counter()
            await player.play("look")
            taken.append(perf_counter() - begun)

        begun = perf_counter()
        for number in range(PLAYERS * 10):
            await look(players[number % PLAYERS])
        print(f"look, one after the other: {len(taken) / (perf_counter() - begun):,.0f}/s")
        taken.clear()
        spent, begun = process_time(), perf_counter()
        for step in range(1500):
            for number in range(6):
                self.scheduler.spawn(look(players[(step * 6 + number) % PLAYERS]))
            await sleep(max(0, begun + (step + 1) * 0.002 - perf_counter()))
        seconds = perf_counter() - begun
        p50, p99 = (quantiles(taken, n=100)[at] * 1000 for at in (49, 98))
        cpu = (process_time() - spent) / seconds
        print(f"look at {len(taken) / seconds:,.0f}/s: p50 {p50:.2f} ms, p99 {p99:.2f} ms, {cpu:.0%} of a core")
        world.end()

    async def says(self, listeners: int) -> None:
        """How long it takes until what one says is queued to all in a room."""
        world = self.world(grid(1))
        players = await self.players(world, listeners + 1)
        await sleep(0.2)
        taken = []
        players[0]._not_too_fast = at_once
        for _ in range(15):
            begun = perf_counter()
            await players[0].play("say hello to all of you")
            taken.append((perf_counter() - begun) * 1000)
            assert all("hello" in player.heard.held[-1].text for player in players)
        taken.sort()
        print(f"say to {listeners}: median {taken[7]:.2f} ms, worst {taken[-1]:.2f} ms")
        world.end()

    async def starts(self) -> None:
        plan = grid(100)
        begun = perf_counter()
        world = self.world(plan)
        await sleep(0)
        await world.enter("Ada")
        print(f"{len(world.rooms):,} rooms: {perf_counter() - begun:.2f} s")
        world.end()

    async def walks(self) -> None:
        """1,000 who wander, at the usual pace."""
        world = self.world(grid(20))
        rooms = list(world.rooms.values())
        for each in range(1000):
            world.add_bot(BotPlan(name=f"Bot {each}", kind="wanderer"), rooms[each % len(rooms)])
        await sleep(3)
        spent, begun = process_time(), perf_counter()
        await sleep(10)
        print(f"1,000 wandering bots: {(process_time() - spent) / (perf_counter() - begun):.1%} of a core")
        world.end()

    async def saves(self, changed: int = 50) -> None:
        """10,000 rooms and 500 players, of whom some have done something since the last save."""
        with TemporaryDirectory() as folder:
            store = Store(Path(folder) / "world.sqlite")
            plan = grid(100)
            plan.things = {f"stone{each}": ThingPlan(f"a stone {each}") for each in range(PLAYERS)}
            plan.rooms["r0_0"].things = list(plan.things)
            begun = perf_counter()
            world = self.world(plan, store)
            print(f"10,000 rooms begun and written the first time: {perf_counter() - begun:.2f} s")
            players = await self.players(world, PLAYERS)
            await sleep(0.2)
            for number, player in enumerate(players):
                player._not_too_fast = at_once
                for line in (f"get {number + 1}.stone", *["east"] * (number % 90), *["north"] * (number // 6)):
                    await player.play(line)
            held, written = [], []
            for step in range(40):
                world.marks.take()
                for player in players[step : step + changed]:
                    await player.play(("drop all", "get stone")[step % 2])
                begun = perf_counter()
                marks = world.marks.take()
                rows = rows_of(world, marks)
                made = perf_counter()
                store.save(store.stamp(), rows, marks.gone)
                held.append((made - begun) * 1000)
                written.append((perf_counter() - made) * 1000)
            print(
                f"a save of {len(rows)} rows: the reactor is held {median(held):.2f} ms (worst {max(held):.2f}), "
                f"a thread writes for {median(written):.2f} ms (worst {max(written):.2f})"
            )
            begun = perf_counter()
            picture(world)
            print(f"a picture of all: {perf_counter() - begun:.2f} s")
            world.stop()
            store.close()

    async def all(self) -> None:
        await self.looks()
        for listeners in (60, 1000):
            await self.says(listeners)
        await self.starts()
        await self.walks()
        await self.saves()


def main() -> None:
    loop = asyncio.new_event_loop()
    clock = LoopClock(loop)
    scheduler = Scheduler(clock)
    process = scheduler.spawn(Figures(scheduler, clock.seconds).all())
    process.when_ended(lambda process: loop.stop())
    loop.run_forever()
    loop.close()


if __name__ == "__main__":
    main()
