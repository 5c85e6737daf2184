"""Threads with processes of their own: neither knows of the other, and ends that are forgotten are closed at home."""

import gc
from collections.abc import Callable
from contextvars import copy_context
from threading import Barrier as Gate
from threading import Thread
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from occwserv.csp import Channel, EndOfChannel, Scheduler, ends, own_processes, running, timeout

from .processes import ProcessTestCase

LAPS = 2000


def apart(act: Callable[[], Any]) -> Any:
    """What something gives that is done in a thread with processes of its own."""
    given: list[Any] = []

    def work() -> None:
        own_processes()
        given.append(act())

    thread = Thread(target=work)
    thread.start()
    thread.join()
    return given[0]


def network(name: str, meet: Callable[[], object]) -> list[str]:
    """Two processes that talk, and note who they are."""
    clock, seen = Clock(), []
    scheduler = Scheduler(clock)
    there = Channel()

    async def sends() -> None:
        for number in range(LAPS):
            if number % 100 == 0:
                meet()
            async with timeout(5):
                await there.send(number)
            seen.append(running.process.name)

    async def receives() -> None:
        for number in range(LAPS):
            assert await there.receive() == number
            seen.append(running.process.name)

    scheduler.spawn(sends(), f"{name} sends")
    scheduler.spawn(receives(), f"{name} receives")
    while len(seen) < 2 * LAPS:
        clock.advance(0)
    return seen


class ThreadTests(SynchronousTestCase):
    """Schedulers in several threads at once."""

    def test_each_process_knows_itself_while_others_run(self) -> None:
        gate, seen = Gate(3, timeout=30), {}

        def work(name: str) -> None:
            own_processes()
            seen[name] = network(name, gate.wait)

        threads = [Thread(target=work, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        seen["main"] = network("main", gate.wait)
        for thread in threads:
            thread.join()
        for name, names in seen.items():
            self.assertEqual(set(names), {f"{name} sends", f"{name} receives"})
        self.assertIsNone(running.process)


class HomeTests(ProcessTestCase):
    """What crosses over all the same."""

    def test_an_end_that_another_thread_forgets_is_closed_where_it_is_from(self) -> None:
        sender, receiver = ends()

        async def waits() -> None:
            try:
                await receiver.receive()
            except EndOfChannel:
                self.log.append("no more")

        self.spawn(waits())
        self.settle()
        held = [sender]
        del sender
        apart(lambda: (held.clear(), gc.collect()))
        self.assertEqual(self.log, [])
        self.scheduler.run()
        self.settle()
        self.assertEqual(self.log, ["no more"])

    def test_a_scheduler_is_itself_in_the_context_of_another_thread(self) -> None:
        foreign = apart(copy_context)

        async def notes() -> None:
            self.log.append(running.process.name)

        self.spawn(notes(), "notes")
        foreign.run(self.scheduler.run)
        self.assertEqual(self.log, ["notes"])
