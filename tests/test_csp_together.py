"""What processes do together: extended rendezvous, barriers, scopes, `par`."""

from typing import Any

from occwserv.csp import Barrier, Buffer, Channel, Ending, Mobile, Scope, Send, alt, ends, extended, par, sleep, stop

from .processes import ProcessTestCase


class ExtendedTests(ProcessTestCase):
    """The sender waits while the receiver works."""

    async def works(self, channel: Any, fail: bool = False) -> None:
        async with extended(channel) as value:
            self.log.append(("begins", value))
            await sleep(1)
            self.log.append(("ends", value))
            if fail:
                raise ValueError

    async def offers(self, channel: Channel, value: Any) -> None:
        await alt(Send(channel, value), Channel())
        self.log.append(("sent", value))

    def test_in_each_order_and_from_each_kind_of_sender(self) -> None:
        for sends in (self.sends, self.offers):
            for receiver_first in (True, False):
                channel = Channel()
                both = [self.works(channel), sends(channel, 1)]
                self.run_all(*(both if receiver_first else reversed(both)))
                self.assertEqual(self.log, [("begins", 1)], (sends, receiver_first))
                self.after(1)
                self.assertEqual(self.log, [("begins", 1), ("ends", 1), ("sent", 1)])
                self.log.clear()

    def test_a_receiver_that_fails_lets_the_sender_go(self) -> None:
        channel = Channel()
        self.run_all(self.works(channel, fail=True), self.sends(channel, 1))
        self.after(1)
        self.assertEqual(self.log[-1], ("sent", 1))
        self.assertEqual(self.deaths(), ["ValueError()"])

    def test_a_cancelled_sender_hears_of_it_afterwards(self) -> None:
        channel = Channel()
        _, sender = self.run_all(self.works(channel), self.sends(channel, 1, 2))
        sender.cancel()
        self.settle()
        self.assertIn("to be through", sender.state)
        self.after(1)
        self.assertEqual(self.log, [("begins", 1), ("ends", 1), ("sent", 1), ("Cancelled", 2)])

    def test_a_cancelled_receiver(self) -> None:
        channel = Channel()
        waiting, _ = self.run_all(self.works(channel), self.sends(Channel()))
        waiting.cancel()
        self.settle()
        self.assertFalse(channel.sendable)
        working, _ = self.run_all(self.works(channel), self.sends(channel, 1))
        working.cancel()
        self.settle()
        self.assertEqual(self.log, [("begins", 1), ("sent", 1)])

    def test_from_a_buffer_nobody_is_held(self) -> None:
        buffer = Buffer(1)
        self.run_all(self.sends(buffer, 1), self.works(buffer))
        self.assertEqual(self.log, [("sent", 1), ("begins", 1)])
        self.run_all(self.works(buffer), self.sends(buffer, 2))
        self.assertEqual(self.log[2:], [("sent", 2), ("begins", 2)])
        self.after(1)

    def test_from_outside_nobody_is_held(self) -> None:
        channel = Channel()
        self.run_all(self.works(channel))
        channel.send_now(1)
        self.settle()
        self.after(1)
        self.assertEqual(self.log, [("begins", 1), ("ends", 1)])

    def test_a_channel_that_has_ended(self) -> None:
        channel = Channel()
        self.run_all(self.works(channel))
        channel.close()
        self.run_all(self.works(channel))
        self.assertEqual(self.deaths(), ["EndOfChannel('')"] * 2)

    def test_what_was_given_away_is_its_senders_mistake(self) -> None:
        channel, value = Channel(), Mobile(1)
        self.run_all(self.sends(channel, value), self.sends(channel, 2))
        value.give()
        self.run_all(self.works(channel))
        self.assertIn(("begins", 2), self.log)
        self.assertIn("Moved", self.deaths()[0])
        self.after(1)


class BarrierTests(ProcessTestCase):
    """All meet, and go on."""

    async def meets(self, barrier: Barrier, name: str, times: int = 1) -> None:
        for _ in range(times):
            await barrier.sync()
            self.log.append(name)

    def test_all_wait_for_the_last(self) -> None:
        barrier = Barrier(3, "meeting")
        first, _ = self.run_all(self.meets(barrier, "a", 2), self.meets(barrier, "b", 2))
        self.assertEqual((self.log, first.state), ([], "waits at meeting for 1 more"))
        self.run_all(self.meets(barrier, "c", 2))
        self.assertEqual((sorted(self.log[:3]), len(self.log), barrier.rounds), (["a", "b", "c"], 6, 2))

    def test_one_resigns(self) -> None:
        barrier = Barrier(3)
        self.run_all(self.meets(barrier, "a"), self.meets(barrier, "b"))
        barrier.resign()
        self.settle()
        self.assertEqual(self.log, ["a", "b"])

    def test_one_enrols(self) -> None:
        barrier = Barrier(1)
        barrier.enrol()
        self.run_all(self.meets(barrier, "a"))
        self.assertEqual(self.log, [])
        self.run_all(self.meets(barrier, "b"))
        self.assertEqual(len(self.log), 2)

    def test_one_that_is_cancelled_is_waited_for(self) -> None:
        barrier = Barrier(2)
        (process,) = self.run_all(self.meets(barrier, "a"))
        process.cancel()
        self.run_all(self.meets(barrier, "b"))
        self.assertEqual(self.log, [])
        barrier.resign()
        self.settle()
        self.assertEqual(self.log, ["b"])

    def test_nobody_is_left_to_resign(self) -> None:
        self.assertRaises(ValueError, Barrier(0).resign)


class ScopeTests(ProcessTestCase):
    """Side by side."""

    async def works(self, name: str, seconds: float, fail: bool = False) -> str:
        try:
            await sleep(seconds)
            if fail:
                raise ValueError(name)
            return name
        finally:
            self.log.append(name)

    async def owns(self, *children: Any) -> None:
        async with Scope() as scope:
            for child in children:
                scope.fork(child)
        self.log.append("over")

    def test_it_waits_for_its_children(self) -> None:
        self.run_all(self.owns(self.works("slow", 2), self.works("quick", 1)))
        self.after(1)
        self.after(1)
        self.assertEqual(self.log, ["quick", "slow", "over"])

    def test_a_child_that_fails_touches_nobody(self) -> None:
        self.run_all(self.owns(self.works("good", 2), self.works("bad", 1, fail=True)))
        self.after(1)
        self.assertEqual(self.deaths(), ["ValueError('bad')"])
        self.after(1)
        self.assertEqual(self.log, ["bad", "good", "over"])

    def test_a_cancelled_owner_waits_for_its_cancelled_children(self) -> None:
        async def child() -> None:
            try:
                await sleep(100)
            finally:
                await self.works("put away", 1)

        (owner,) = self.run_all(self.owns(child()))
        owner.cancel()
        self.settle()
        self.assertFalse(owner.done)
        self.after(1)
        self.assertEqual((self.log, owner.done), (["put away"], True))

    def test_a_killed_owner_kills(self) -> None:
        (owner,) = self.run_all(self.owns(self.works("child", 100)))
        owner.kill()
        self.settle()
        self.assertEqual((self.log, owner.done, len(self.scheduler.processes)), (["child"], True, 0))

    def test_a_block_that_fails_cancels(self) -> None:
        async def owner() -> None:
            async with Scope() as scope:
                scope.fork(self.works("child", 100))
                await sleep(1)
                raise ValueError

        self.run_all(owner())
        self.after(1)
        self.assertEqual((self.log, self.deaths()), (["child"], ["ValueError()"]))

    def test_one_that_is_forgotten_with_its_scheduler_ends(self) -> None:
        owner = self.owns(stop())
        self.spawn(owner)
        self.settle()
        owner.close()
        self.assertEqual(self.log, [])

    def test_nothing_is_forked_after_the_end(self) -> None:
        scope = Scope()

        async def owner() -> None:
            async with scope:
                pass

        self.run_all(owner())
        self.assertRaises(RuntimeError, scope.fork, self.works("late", 1))

    def test_children_are_named_behind_their_parents(self) -> None:
        self.run_all(self.owns(self.works("child", 1)))
        self.assertEqual([process.path for process in self.scheduler.processes], ["owns", "owns/works"])
        self.after(1)

    def test_par_returns_all_results_in_order(self) -> None:
        (process,) = self.run_all(par(self.works("a", 2), self.works("b", 1)))
        self.after(1)
        self.after(1)
        self.assertEqual(process.result, ["a", "b"])

    def test_par_raises_what_they_died_of(self) -> None:
        self.run_all(par(self.works("a", 0, fail=True), self.works("b", 0)))
        self.run_all(par(self.works("a", 0, fail=True), self.works("b", 0, fail=True)))
        one, both = self.deaths()
        self.assertEqual(one, "ValueError('a')")
        self.assertIn("ExceptionGroup", both)

    def test_a_cancelled_par_reports_what_died(self) -> None:
        (process,) = self.run_all(par(self.works("bad", 1, fail=True), self.works("good", 5)))
        self.after(1)
        self.assertEqual(self.failed, [])
        process.cancel()
        self.settle()
        self.assertEqual((self.deaths(), process.done), (["ValueError('bad')"], True))

    def test_one_that_dies_does_not_keep_the_other_waiting(self) -> None:
        async def producer(out: Any) -> None:
            await out.send(1)
            raise ValueError

        async def consumer(given: Any) -> None:
            async for value in given:
                self.log.append(value)

        async def both() -> None:
            sender, receiver = ends()
            await par(producer(sender.give()), consumer(receiver.give()))

        self.run_all(both())
        self.assertEqual((self.log, self.deaths()), ([1], ["ValueError()"]))

    def test_join(self) -> None:
        async def joins() -> None:
            self.log.append(await child.join())
            self.log.append(await child.join())

        child, _ = self.spawn(self.works("child", 1)), self.spawn(joins())
        self.settle()
        self.after(1)
        self.assertEqual(self.log, ["child", "child", "child"])

    def test_endings_are_failures_as_others(self) -> None:
        channel = Channel()
        channel.poison()
        self.run_all(self.sends(channel, 1))
        self.assertIsInstance(self.failed.pop().failure, Ending)
