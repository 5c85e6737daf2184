"""To be cancelled, killed, or timed out: either an exchange took place, or it did not."""

from occwserv.csp import Cancelled, Channel, alt, let_others, sleep, timeout

from .processes import ProcessTestCase


class CancelTests(ProcessTestCase):
    """Nothing is lost, and no trace is left."""

    def test_a_waiting_receiver_leaves_no_trace(self) -> None:
        channel = Channel()
        first, _ = self.run_all(self.receives(channel), self.receives(channel))
        first.cancel()
        self.settle()
        self.assertEqual(self.log, ["Cancelled"])
        self.run_all(self.sends(channel, 1))
        self.assertEqual(self.log[1:], [("sent", 1), ("got", 1)], "the next one has it")

    def test_each_place_in_a_queue_can_be_left(self) -> None:
        for place in range(4):
            channel = Channel()
            processes = self.run_all(*(self.sends(channel, number) for number in range(4)))
            processes[place].cancel()
            self.settle()
            self.log.clear()
            self.run_all(self.receives(channel, 3))
            self.assertEqual([entry[1] for entry in self.log if entry[0] == "got"], [n for n in range(4) if n != place])
            self.assertFalse(channel.receivable)

    def test_a_receive_that_took_place_delivers(self) -> None:
        channel = Channel()
        (receiver,) = self.run_all(self.receives(channel, 2))
        channel.send_now("kept")
        receiver.cancel()
        self.settle()
        self.assertEqual(self.log, [("got", "kept"), "Cancelled"])

    def test_a_send_that_took_place_is_over(self) -> None:
        channel = Channel()
        (sender,) = self.run_all(self.sends(channel, 1, 2))
        self.assertEqual(channel.receive_now(), 1)
        sender.kill()
        self.settle()
        self.assertEqual(self.log, [("sent", 1), ("Cancelled", 2)])

    def test_an_alternation_that_took_place_delivers(self) -> None:
        one, other = Channel(), Channel()

        async def chooser() -> None:
            self.log.append(await alt(one, other))
            await one.receive()

        (process,) = self.run_all(chooser())
        other.send_now("kept")
        process.cancel()
        self.settle()
        self.assertEqual(self.log, [(1, "kept")])
        self.assertTrue(process.done)

    def test_who_never_began_comes_to_where_he_waits(self) -> None:
        channel = Channel()

        async def holder() -> None:
            self.log.append("begun")
            try:
                await channel.receive()
            finally:
                self.log.append("put away")

        process = self.spawn(holder())
        process.cancel()
        self.settle()
        self.assertEqual((self.log, process.done), (["begun", "put away"], True))

    def test_it_is_told_once(self) -> None:
        channel = Channel()

        async def stubborn() -> None:
            try:
                await channel.receive()
            except Cancelled:
                self.log.append(await channel.receive())

        (process,) = self.run_all(stubborn())
        process.cancel()
        process.cancel()
        self.settle()
        channel.send_now("after all")
        self.settle()
        self.assertEqual((self.log, process.done, process.failure), (["after all"], True, None))

    def test_a_killed_one_can_wait_no_more(self) -> None:
        channel = Channel()

        async def stubborn() -> None:
            for _ in range(5):
                try:
                    await channel.receive()
                except Cancelled:
                    self.log.append("told")

        (process,) = self.run_all(stubborn())
        process.kill()
        self.settle()
        self.assertEqual((self.log, process.done), (["told"] * 5, True))

    def test_killing_comes_after_cancelling(self) -> None:
        channel = Channel()

        async def stubborn() -> None:
            try:
                await channel.receive()
            finally:
                await channel.receive()

        (process,) = self.run_all(stubborn())
        process.cancel()
        self.settle()
        self.assertFalse(process.done)
        process.kill()
        self.settle()
        self.assertTrue(process.done)

    def test_one_that_only_lets_others_is_told(self) -> None:
        async def busy() -> None:
            while True:
                await let_others()

        process = self.spawn(busy())
        self.clock.callLater(0, process.cancel)  # its turn comes, because the busy one has a budget
        self.settle()
        self.assertTrue(process.done)

    def test_one_may_cancel_itself(self) -> None:
        async def suicide() -> None:
            process.cancel()
            self.log.append("still here")
            await sleep(1)
            self.log.append("not here")

        process = self.spawn(suicide())
        self.settle()
        self.assertEqual(self.log, ["still here"])
        self.assertTrue(process.done)

    def test_one_that_has_ended_is_left_alone(self) -> None:
        (process,) = self.run_all(sleep_not())
        process.cancel()
        process.kill()
        self.settle()
        self.assertTrue(process.done)


async def sleep_not() -> None:
    """Ends at once."""


class TimeoutTests(ProcessTestCase):
    """`async with timeout(seconds)`."""

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
