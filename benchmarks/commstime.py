"""How long a communication takes: occam's commstime network, beside other libraries with channels.

    python -m benchmarks.commstime [rounds]

A prefix, a delta (which sends to its two neighbours one after the other), a successor and a consumer: one number goes
round, four communications each time. The libraries take turns, so that a slow moment meets all of them; what counts is
the median. Then an alternation over thirty channels of which none is ready, and the memory of a waiting process.
Libraries that are not installed are left out.
"""

import asyncio
import importlib
import statistics
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.task import Clock

from occwserv.csp import Channel, Scheduler, alt

ROUNDS = 7
LAPS = 20_000
GUARDS = 30
PARKED = 10_000

Send = Callable[[Any, int], Awaitable]
Receive = Callable[[Any], Awaitable]


async def prefix(send: Send, receive: Receive, left: Any, right: Any) -> None:
    await send(right, 0)
    while True:
        await send(right, await receive(left))


async def delta(send: Send, receive: Receive, left: Any, right: Any, other: Any) -> None:
    while True:
        value = await receive(left)
        await send(right, value)
        await send(other, value)


async def successor(send: Send, receive: Receive, left: Any, right: Any) -> None:
    while True:
        await send(right, await receive(left) + 1)


async def consumer(receive: Receive, left: Any) -> float:
    """The seconds of one communication."""
    began = time.perf_counter()
    for _ in range(LAPS):
        await receive(left)
    return (time.perf_counter() - began) / LAPS / 4


def network(make: Callable[[], Any], send: Send, receive: Receive) -> list:
    """The four processes, the consumer last. What `make` returns is handed to `send` and `receive`."""
    a, b, c, d = (make() for _ in range(4))
    return [
        prefix(send, receive, b, a),
        delta(send, receive, a, c, d),
        successor(send, receive, c, b),
        consumer(receive, d),
    ]


def of_occwserv() -> float:
    clock = Clock()
    scheduler = Scheduler(clock)
    *others, last = [scheduler.spawn(routine) for routine in network(Channel, Channel.send, Channel.receive)]
    while not last.done:
        clock.advance(0)
    for process in others:
        process.kill()
    clock.advance(0)
    return last.result


async def on_asyncio(routines: list) -> float:
    *others, last = [asyncio.ensure_future(routine) for routine in routines]
    result = await last
    for task in others:
        task.cancel()
    return result


def of_asyncio() -> float:
    async def main() -> float:
        return await on_asyncio(network(lambda: asyncio.Queue(1), asyncio.Queue.put, asyncio.Queue.get))

    return asyncio.run(main())


def of_trio() -> float:
    import trio

    return trio.run(in_group, trio.open_nursery, lambda: trio.open_memory_channel(0))


def of_anyio() -> float:
    import anyio

    return anyio.run(in_group, anyio.create_task_group, lambda: anyio.create_memory_object_stream(0))


async def in_group(open_group: Callable, open_channel: Callable) -> float:
    """The network in a group of tasks, as trio and anyio have them, until its last process is through."""
    result = 0.0
    async with open_group() as group:
        *others, consumer = network(open_channel, *pairs())

        async def last() -> None:
            nonlocal result
            result = await consumer
            group.cancel_scope.cancel()

        for routine in others:
            group.start_soon(waits_for, routine)
        group.start_soon(last)
    return result


async def waits_for(routine: Awaitable) -> None:
    await routine


def pairs() -> tuple[Send, Receive]:
    """How to use a channel that is a pair of its ends."""
    return (lambda ends, value: ends[0].send(value)), (lambda ends: ends[1].receive())


def of_aiochan() -> float:
    import aiochan

    async def main() -> float:
        return await on_asyncio(network(aiochan.Chan, aiochan.Chan.put, aiochan.Chan.get))

    return asyncio.run(main())


LIBRARIES: dict[str, tuple[str, Callable[[], float]]] = {
    "occwserv.csp Channel": ("occwserv", of_occwserv),
    "asyncio Queue(1)": ("asyncio", of_asyncio),
    "trio memory channel(0)": ("trio", of_trio),
    "anyio memory stream(0)": ("anyio", of_anyio),
    "aiochan Chan": ("aiochan", of_aiochan),
}


def alternation() -> float:
    """The seconds of an alternation that waits on all its channels, and is decided by one."""
    channels, times = [Channel() for _ in range(GUARDS)], 20_000

    async def feed() -> None:
        while True:
            await channels[7].send(1)

    async def choose() -> float:
        began = time.perf_counter()
        for _ in range(times):
            await alt(*channels)
        return (time.perf_counter() - began) / times

    clock = Clock()
    scheduler = Scheduler(clock)
    chooser, feeder = scheduler.spawn(choose()), scheduler.spawn(feed())
    while not chooser.done:
        clock.advance(0)
    feeder.kill()
    clock.advance(0)
    return chooser.result


def memory() -> float:
    """The bytes of a process that waits, its channel included."""

    async def parked(channel: Channel) -> None:
        await channel.receive()

    clock = Clock()
    scheduler = Scheduler(clock)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(PARKED):
        scheduler.spawn(parked(Channel()))
    clock.advance(0)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / PARKED


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    there = {}
    for name, (module, measure) in LIBRARIES.items():
        try:
            importlib.import_module(module)
        except ImportError as error:
            print(f"without {name}: {error}")
        else:
            there[name] = measure
    seconds: dict[str, list[float]] = {name: [] for name in there}
    for _ in range(rounds):
        for name, measure in there.items():
            seconds[name].append(measure())
    ours = statistics.median(seconds["occwserv.csp Channel"])
    print(f"{'':24} {'us':>7} {'per second':>12} {'ratio':>7}")
    for name, each in seconds.items():
        middle = statistics.median(each)
        print(f"{name:24} {middle * 1e6:7.2f} {1 / middle:12,.0f} {middle / ours:7.1f}")
    choice = statistics.median(alternation() for _ in range(rounds))
    print(f"an alternation over {GUARDS} channels: {choice * 1e6:.1f} us")
    print(f"a process that waits, with its channel: {memory():.0f} bytes")


if __name__ == "__main__":
    main()
