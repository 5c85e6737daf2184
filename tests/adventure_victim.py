"""A world that is kept, and a player in it who tells what was acknowledged: python -m tests.adventure_victim FILE.

It is killed in the middle of that (test_adventure_killed.py).
"""

import sys
import time
from random import Random

from twisted.internet import reactor

from adventure.store import Store
from adventure.world import World
from adventure.worldfile import read_world
from occwserv.csp import Scheduler, sleep

from .adventurers import SHIPPED


async def play(world: World) -> None:
    player = await world.enter("Ada")
    player.card.role = "builder"
    way = ["north", "south"]
    for number in range(100_000):
        await player.play(f"create a cup number{number}")
        print(number, time.monotonic(), flush=True)
        await player.play(way[number % 2])
        await sleep(0.01)


def main() -> None:
    scheduler = Scheduler(reactor)
    world = World(read_world(SHIPPED), scheduler, reactor.seconds, Random(1), store=Store(sys.argv[1]))
    scheduler.spawn(play(world))
    reactor.run()


if __name__ == "__main__":
    main()
