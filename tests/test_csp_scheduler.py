"""The scheduler: whose turn it is, what it tells of processes, time, and what others promise."""

import asyncio
import sys
from itertools import pairwise
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from occwserv.csp import Buffer, Channel, Process, Scheduler, alt, let_others, running, sleep, stop, timeout
from occwserv.csp.timers import FEW

from .processes import ProcessTestCase


class TurnTests(ProcessTestCase):
    """Everybody has his turn."""

    def test_a_busy_pair_lets_the_clocks_other_calls_in(self) -> None:
        there, back = Channel(), Channel()

        async def ping() -> None:
            while True:
                await there.send(1)
                await back.receive()

        async def pong() -> None:
            while True:
                await there.receive()
                await back.send(1)

        asked: list[Any] = []
        scheduler = Scheduler(Clock(), soon=asked.append, budget=0.0001)
        both = [scheduler.spawn(ping()), scheduler.spawn(pong())]
        for _ in range(10):
            self.assertEqual(len(asked), 1, "it asks once, and returns")
            asked.pop()()
        for process in both:
            process.cancel()
        asked.pop()()
        self.assertEqual(asked, [])

    def test_whoever_comes_while_it_is_busy_gets_no_further_turn_for_all(self) -> None:
        async def never_waits() -> None:
            while True:
                await let_others()

        asked: list[Any] = []
        scheduler = Scheduler(Clock(), soon=asked.append, budget=0)
        buffer = Buffer(100)
        busy = [scheduler.spawn(never_waits()), scheduler.spawn(self.receives(buffer, 100))]
        asked.pop()()
        for act in (lambda: buffer.hand(1), lambda: scheduler.work(buffer.send_now, 2)) * 10:
            act()
            self.assertEqual(len(asked), 1, "the clock's other business has to have its turn")
        asked.pop()()
        self.assertEqual((len(self.log), len(asked)), (20, 1))
        for process in busy:
            process.cancel()
        asked.pop()()
        self.assertEqual((asked, self.log.pop()), ([], "Cancelled"))

    def test_long_work_lets_others(self) -> None:
        async def works(name: str) -> None:
            for _ in range(3):
                self.log.append(name)
                await let_others()

        self.run_all(works("a"), works("b"))
        self.assertEqual(self.log, list("ababab"))

    def test_a_long_chain_of_relays_does_not_grow_the_stack(self) -> None:
        channels = [Channel() for _ in range(10_001)]

        async def relays(left: Channel, right: Channel) -> None:
            await right.send(await left.receive() + len_of_stack())

        def len_of_stack() -> int:
            depth, frame = 0, sys._getframe()
            while frame.f_back is not None:
                depth, frame = depth + 1, frame.f_back
            return int(depth > 200)

        self.run_all(*(relays(left, right) for left, right in pairwise(channels)))
        self.run_all(self.receives(channels[-1]))
        channels[0].send_now(0)
        self.settle()
        self.assertEqual(self.log, [("got", 0)])

    def test_nor_does_a_chain_of_ends(self) -> None:
        buffers = [Buffer(1) for _ in range(1_000)]

        def hands_on(process: Process) -> None:
            if process.result < len(buffers):
                buffers[process.result].hand(process.result + 1)
            self.log.append(process.result)

        for buffer in buffers:
            self.spawn(buffer.receive()).when_ended(hands_on)
        self.settle()
        buffers[0].hand(1)
        self.settle()  # on a slow machine a thousand are more than it works on in one go
        self.assertEqual(self.log, [*range(1, 1_001)])

    def test_a_failure_touches_nobody_else(self) -> None:
        async def fails() -> None:
            raise ValueError("mine")

        channel = Channel()
        self.run_all(self.receives(channel), fails(), self.sends(channel, 1))
        self.assertEqual([process.path for process in self.failed], ["fails"])
        self.assertEqual(self.failed[0].state, "died of ValueError('mine')")
        self.assertEqual(self.log, [("sent", 1), ("got", 1)])
        self.deaths()

    def test_a_report_that_fails_itself_stops_nobody(self) -> None:
        def fails(process: Process) -> None:
            raise KeyError

        async def dies() -> None:
            raise ValueError

        scheduler, channel = Scheduler(self.clock, report=fails), Channel()
        for routine in (dies(), self.sends(channel, 1), self.receives(channel)):
            scheduler.spawn(routine)
        self.assertRaises(KeyError, self.settle)
        self.settle()
        self.assertEqual(self.log, [("got", 1), ("sent", 1)])

    def test_failures_that_nobody_asked_for_come_to_who_runs_the_clock(self) -> None:
        async def dies() -> None:
            raise ValueError

        Scheduler(self.clock).spawn(dies())
        self.assertRaises(ValueError, self.settle)

    def test_processes_are_known_while_they_live(self) -> None:
        channel = Channel("letters")
        one, other = self.spawn(self.receives(channel), "reader"), self.spawn(stop())
        self.assertEqual(one.state, "runs")
        self.settle()
        self.assertEqual(list(self.scheduler.processes), [one, other])
        self.assertEqual((one.path, one.state), ("reader", "waits to receive from letters"))
        self.assertEqual(other.state, "waits for nothing: it has stopped")
        channel.send_now(1)
        other.cancel()
        self.settle()
        self.assertEqual((one.state, one.turns, one.communications), ("has ended", 2, 1))
        self.assertEqual(list(self.scheduler.processes), [])

    def test_a_deep_family_has_a_name(self) -> None:
        async def has_child(left: int) -> None:
            if left:
                self.scheduler.spawn(has_child(left - 1))
                await stop()
            else:
                self.log.append(len(running.process.path.split("/")))

        self.run_all(has_child(3000))
        self.assertEqual(self.log, [3001])


class TimeTests(ProcessTestCase):
    """One heap of timers."""

    async def sleeps(self, *times: float) -> None:
        for seconds in times:
            await sleep(seconds)
            self.log.append((seconds, self.clock.seconds()))

    def test_in_order(self) -> None:
        self.run_all(self.sleeps(3), self.sleeps(1, 1), self.sleeps(2))
        for _ in range(3):
            self.after(1)
        self.assertEqual(self.log, [(1, 1), (2, 2), (1, 2), (3, 3)])

    def test_a_timer_set_by_a_timer_delays_no_other(self) -> None:
        self.run_all(self.sleeps(2))
        self.scheduler.call_after(1, lambda: self.scheduler.call_after(10, lambda: None))
        self.after(1)
        self.after(1)
        self.assertEqual(self.log, [(2, 2)])

    def test_a_timer_that_fails_delays_no_other(self) -> None:
        self.run_all(self.sleeps(1), self.sleeps(2))
        self.scheduler.call_after(0.5, lambda: 1 / 0)
        self.assertRaises(ZeroDivisionError, self.clock.advance, 0.5)
        self.after(0.5)
        self.after(1)
        self.assertEqual(self.log, [(1, 1), (2, 2)])

    def test_cancelled_ones_are_purged(self) -> None:
        async def loops() -> None:
            for _ in range(1000):
                async with timeout(100):
                    await let_others()

        self.run_all(loops())
        self.assertLessEqual(len(self.scheduler._timers._heap), 2 * FEW)
        self.assertEqual(len(self.scheduler._timers), 0)
        self.assertLessEqual(len(self.clock.getDelayedCalls()), 1)

    def test_a_cancelled_sleeper_has_no_timer(self) -> None:
        (process,) = self.run_all(self.sleeps(5))
        process.cancel()
        self.settle()
        self.assertEqual(len(self.scheduler._timers), 0)


class PromiseTests(ProcessTestCase):
    """Deferreds, and futures of asyncio's."""

    async def awaits(self, promise: Any) -> None:
        try:
            self.log.append(await promise)
        except (Exception, asyncio.CancelledError) as error:
            self.log.append(type(error))

    def test_deferreds(self) -> None:
        results = [Deferred() for _ in range(4)]
        results[3].callback("was there")
        self.run_all(*map(self.awaits, results))
        results[0].callback("result")
        results[1].errback(Failure(ValueError()))
        results[2].cancel()
        self.settle()
        self.assertEqual(self.log, ["was there", "result", ValueError, CancelledError])

    def test_a_cancelled_process_cancels_its_deferred(self) -> None:
        cancelled: list[Any] = []
        deferred: Deferred = Deferred(cancelled.append)
        (process,) = self.run_all(self.awaits(deferred))
        process.cancel()
        self.settle()
        self.assertEqual((cancelled, process.done, self.log), ([deferred], True, []))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_a_deferred_that_fails_to_be_cancelled(self) -> None:
        def fail(deferred: Deferred) -> None:
            raise ValueError("it can not be cancelled")

        async def cleans_up() -> None:
            try:
                await Deferred(fail)
            finally:
                self.log.append("cleans up")
                await sleep(1)

        processes = self.run_all(self.awaits(Deferred(fail)), cleans_up())
        for process in processes:
            process.cancel()
        self.after(1)
        self.assertEqual(([process.done for process in processes], self.log), ([True, True], ["cleans up"]))
        self.assertEqual(self.deaths(), ["ValueError('it can not be cancelled')"])

    def test_a_deferred_in_a_time_limit(self) -> None:
        async def limited() -> None:
            async with timeout(1):
                await Deferred()

        (process,) = self.run_all(limited())
        self.after(1)
        self.assertIsInstance(process.failure, TimeoutError)
        self.deaths()

    def test_futures(self) -> None:
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        futures = [loop.create_future() for _ in range(5)]
        *_, process = self.run_all(*map(self.awaits, futures))
        futures[0].set_result("result")
        futures[1].set_exception(ValueError())
        futures[2].cancel()
        process.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        self.settle()
        self.assertEqual(self.log, ["result", ValueError, asyncio.CancelledError])
        self.assertTrue(futures[4].cancelled() and not futures[3].done())

    def test_a_bare_yield_is_a_turn(self) -> None:
        async def yields() -> None:
            await asyncio.sleep(0)
            self.log.append("on")

        self.run_all(yields())
        self.assertEqual(self.log, ["on"])

    def test_what_can_not_be_awaited(self) -> None:
        class Odd:
            def __await__(self) -> Any:
                yield self

        self.run_all(self.awaits(Odd()))
        self.assertEqual(self.log, [TypeError])

    def test_an_alternation_of_nothing_waits(self) -> None:
        (process,) = self.run_all(alt())
        self.assertFalse(process.done)
        process.cancel()
        self.settle()
