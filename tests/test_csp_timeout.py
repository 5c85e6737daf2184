"""Time limits: `async with timeout(seconds)`."""

import contextlib
from collections.abc import Callable, Coroutine

from occwserv.csp import Cancelled, Channel, Scope, sleep, stop, timeout

from .processes import ProcessTestCase


class TimeoutTests(ProcessTestCase):
    """What takes too long ends there, and nowhere else."""

    async def limited(self, channel: Channel, seconds: float, name: str = "late") -> None:
        try:
            async with timeout(seconds):
                self.log.append(await channel.receive())
        except TimeoutError:
            self.log.append(name)

    def test_in_time(self) -> None:
        channel = Channel()
        (process,) = self.run_all(self.limited(channel, 5))
        self.after(4)
        channel.send_now("in time")
        self.after(4)
        self.assertEqual((self.log, process.done), (["in time"], True))

    def test_too_late(self) -> None:
        channel = Channel()
        self.run_all(self.limited(channel, 5))
        self.after(5)
        self.assertEqual(self.log, ["late"])
        self.assertFalse(channel.sendable)

    def test_an_exchange_at_the_same_moment_counts(self) -> None:
        channel = Channel()
        (process,) = self.run_all(self.limited(channel, 5))
        channel.send_now("just")
        self.clock.advance(5)
        self.settle()
        self.assertEqual((self.log, process.done), (["just"], True))

    def test_a_block_that_is_over_has_no_time_limit(self) -> None:
        async def two() -> None:
            async with timeout(1):
                await sleep(0.5)
            await sleep(5)
            self.log.append("slept")

        self.run_all(two())
        self.after(1)
        self.after(5)
        self.assertEqual(self.log, ["slept"])

    def test_the_inner_one(self) -> None:
        async def nested() -> None:
            async with timeout(5):
                await self.limited(Channel(), 1, "inner")
                await sleep(1)
                self.log.append("on")

        self.run_all(nested())
        self.after(1)
        self.after(1)
        self.assertEqual(self.log, ["inner", "on"])

    def test_the_outer_one(self) -> None:
        async def nested() -> None:
            try:
                async with timeout(1):
                    await self.limited(Channel(), 5, "inner")
            except TimeoutError:
                self.log.append("outer")

        self.run_all(nested())
        self.after(1)
        self.assertEqual(self.log, ["outer"])
        self.after(9)
        self.assertEqual(self.log, ["outer"])

    def test_both_at_once(self) -> None:
        async def nested(outer: float, inner: float) -> None:
            try:
                async with timeout(outer):
                    await self.limited(Channel(), inner, "inner")
                    await sleep(100)
            except TimeoutError:
                self.log.append("outer")

        for outer, inner in ((2, 2), (3, 2), (2, 3)):
            self.log.clear()
            self.run_all(nested(outer, inner))
            self.clock.advance(10)  # all that is due is due before anybody goes on
            self.settle()
            self.assertEqual(self.log[-1], "outer", (outer, inner))

    def test_both_while_the_inner_block_cleans_up(self) -> None:
        async def slow() -> None:
            try:
                await stop()
            finally:
                await sleep(5)

        async def plain() -> None:
            await slow()

        async def scope() -> None:
            async with Scope() as children:
                children.fork(slow())

        async def nested(block: Callable[[], Coroutine], outer: float, inner: float) -> None:
            try:
                async with timeout(outer):
                    with contextlib.suppress(TimeoutError):
                        async with timeout(inner):
                            await block()
                    await sleep(100)
            except TimeoutError:
                self.log.append("outer")

        for block in (plain, scope):
            for outer, inner in ((1, 2), (2, 1)):
                self.log.clear()
                (process,) = self.run_all(nested(block, outer, inner))
                for _ in range(6):
                    self.after(1)
                self.assertEqual((self.log, process.done), (["outer"], True), (block.__name__, outer, inner))

    def test_one_that_ends_with_the_channel_has_its_limit_behind_it(self) -> None:
        channel = Channel()

        async def patient() -> None:
            try:
                async with timeout(5):
                    try:
                        await channel.receive()
                    except Exception:
                        await Channel().receive()
            except TimeoutError:
                self.log.append("late")

        self.run_all(patient())
        self.scheduler.call_after(5, lambda: None)
        channel.close()
        self.clock.advance(5)  # the channel's end has come, and nobody went on yet
        self.settle()
        self.assertEqual(self.log, ["late"])

    def test_a_cancelled_process_ends_by_that(self) -> None:
        channel = Channel()
        (process,) = self.run_all(self.limited(channel, 5))
        process.cancel()
        self.settle()
        self.assertEqual((self.log, process.done), ([], True))

    def test_cleaning_up_within_a_limit_is_limited(self) -> None:
        async def slow() -> None:
            try:
                async with timeout(5):
                    try:
                        await Channel().receive()
                    finally:
                        await sleep(100)
            except TimeoutError:
                self.log.append("wrong: it was cancelled")

        (process,) = self.run_all(slow())
        process.cancel()
        self.settle()
        self.assertFalse(process.done)
        self.after(5)
        self.assertEqual((self.log, process.done), ([], True))

    def test_a_limit_for_cleaning_up(self) -> None:
        async def polite() -> None:
            try:
                await Channel().receive()
            except Cancelled:
                await self.limited(Channel(), 1, "nobody heard")
                raise

        (process,) = self.run_all(polite())
        process.cancel()
        self.settle()
        self.after(1)
        self.assertEqual((self.log, process.done), (["nobody heard"], True))

    def test_no_timer_is_left(self) -> None:
        channel = Channel()
        self.run_all(self.limited(channel, 5))
        channel.send_now(1)
        self.settle()
        self.assertEqual(len(self.scheduler._timers), 0)
