"""Alternation: one of several things happens, and only that one."""

from typing import Any

from occwserv.csp import SKIP, After, Broken, Buffer, Channel, Closed, Ending, EndOfChannel, Send, alt, ends, pri_alt

from .processes import ProcessTestCase


class AlternationTests(ProcessTestCase):
    """What can be chosen from."""

    async def chooses(self, *alternatives: Any, by: Any = alt) -> None:
        try:
            self.log.append(await by(*alternatives))
        except Ending as error:
            self.log.append((error.which, type(error)))

    def test_inputs(self) -> None:
        one, other = Channel(), Channel()
        for by in (alt, pri_alt):
            self.run_all(self.sends(other, 1), self.chooses(one, other, by=by))
            self.assertIn((1, 1), self.log)
            self.log.clear()
            self.run_all(self.chooses(one, other, by=by), self.sends(other, 2))
            self.assertIn((1, 2), self.log)
            self.log.clear()

    def test_outputs(self) -> None:
        one, other = Channel(), Channel()
        self.run_all(self.receives(other), self.chooses(Send(one, "a"), Send(other, "b")))
        self.assertEqual(self.log, [(1, None), ("got", "b")])
        self.run_all(self.chooses(Send(one, "a"), Send(other, "b")), self.receives(one))
        self.assertEqual(self.log[2:], [("got", "a"), (0, None)])

    def test_both_ends_of_a_channel_in_alternations(self) -> None:
        first, second = Channel(), Channel()
        self.run_all(self.chooses(Send(first, 1), Send(second, 2)), self.chooses(second, first, by=pri_alt))
        self.assertEqual(self.log, [(0, 2), (1, None)])
        self.assertFalse(first.sendable or first.receivable)

    def test_input_and_output(self) -> None:
        first, second = Channel(), Channel()
        self.run_all(self.chooses(Send(first, 1), second), self.chooses(first, Send(second, 2), by=pri_alt))
        self.assertEqual(self.log, [(0, 1), (0, None)])

    def test_time(self) -> None:
        channel = Channel()
        self.run_all(self.chooses(channel, After(9), After(5)))
        self.after(4)
        self.assertEqual(self.log, [])
        self.after(1)
        self.assertEqual(self.log, [(2, None)])
        self.assertFalse(channel.sendable)

    def test_no_timer_is_left_of_one_that_lost(self) -> None:
        channel = Channel()
        self.run_all(self.chooses(channel, After(9)), self.sends(channel, 1))
        self.assertEqual(len(self.scheduler._timers), 0)

    def test_time_that_is_over_and_skip_are_ready(self) -> None:
        self.run_all(self.chooses(Channel(), After(0)), self.chooses(Channel(), SKIP, by=pri_alt))
        self.assertEqual(self.log, [(1, None), (1, None)])

    def test_what_was_sent_before_does_not_come_with_the_time(self) -> None:
        channel = Channel()

        async def sender() -> None:
            try:
                await channel.send("refused")
            except Broken:
                await self.chooses(After(1))

        self.run_all(sender())
        channel.abandon()
        self.settle()
        self.after(1)
        self.assertEqual(self.log, [(0, None)])

    def test_the_leftmost_is_preferred(self) -> None:
        one, other = Channel(), Channel()
        self.run_all(*(self.sends(channel, 1) for channel in (one, other) * 4))
        self.run_all(*(self.chooses(other, one, SKIP, by=pri_alt) for _ in range(9)))
        chosen = [entry[0] for entry in self.log if entry[0] != "sent"]
        self.assertEqual(chosen, [0] * 4 + [1] * 4 + [2])

    def test_switched_off(self) -> None:
        one, other = Channel(), Channel()
        self.run_all(self.sends(one, 1), self.sends(other, 2))
        self.run_all(self.chooses(None, False, other))
        self.assertIn((2, 2), self.log)
        (process,) = self.run_all(self.chooses(None, False))
        self.assertEqual(process.state, "waits for nothing: all is switched off")
        process.cancel()

    def test_what_is_no_alternative_is_a_mistake(self) -> None:
        channel = Channel()
        self.run_all(self.chooses(channel, After), self.chooses(channel, 5))
        self.assertEqual(len(self.deaths()), 2)
        self.assertFalse(channel.sendable)

    def test_the_same_channel_twice(self) -> None:
        channel = Channel()
        self.run_all(self.chooses(channel, channel), self.sends(channel, 1))
        self.assertIn((0, 1), self.log)
        self.assertFalse(channel.sendable)
        self.run_all(self.chooses(Send(channel, "a"), Send(channel, "b")), self.receives(channel))
        self.assertIn(("got", "a"), self.log)
        self.assertFalse(channel.receivable)

    def test_the_same_channel_twice_ends_once(self) -> None:
        channel = Channel()

        async def twice() -> None:
            await self.chooses(channel, channel)
            self.log.append(await Channel().receive())

        (process,) = self.run_all(twice())
        channel.close()
        self.settle()
        self.assertEqual((self.log, process.turns), ([(0, EndOfChannel)], 2))

    def test_to_send_and_to_receive_is_a_mistake(self) -> None:
        channel = Channel("mine")
        self.run_all(self.chooses(channel, Send(channel, 1)), self.chooses(Send(channel, 1), channel))
        self.assertEqual(len(self.deaths()), 2)
        self.assertFalse(channel.sendable or channel.receivable)

    def test_buffers(self) -> None:
        empty, full = Buffer(1), Buffer(1)
        full.send_now("held")
        self.run_all(self.chooses(empty, Send(full, 1)))
        self.assertEqual(self.log, [])
        self.assertEqual(full.receive_now(), "held")
        self.settle()
        self.assertEqual((self.log, full.receive_now()), ([(1, None)], 1))
        self.run_all(self.chooses(Send(empty, 2)), self.chooses(empty))
        self.assertEqual(self.log[1:], [(0, None), (0, 2)])

    def test_ends(self) -> None:
        sender, receiver = ends()
        self.run_all(self.chooses(receiver), self.chooses(Send(sender, 1)))
        self.assertEqual(self.log, [(0, None), (0, 1)])

    def test_ends_that_are_closed(self) -> None:
        sender, receiver = ends(Channel("it"))
        receiver.close()
        self.run_all(self.chooses(None, receiver), self.chooses(None, Send(sender, 1)))
        sender.close()
        self.run_all(self.chooses(None, Send(sender, 1)))
        self.assertEqual(self.log, [(1, Closed), (1, Broken), (1, Closed)])

    def test_who_waits_is_told_which_channel_ended(self) -> None:
        one, other = Channel(), Channel()
        self.run_all(self.chooses(one, other), self.chooses(other))
        other.close()
        self.settle()
        self.run_all(self.chooses(None, other), self.chooses(one, Send(other, 1)))
        self.assertEqual(self.log, [(1, EndOfChannel), (0, EndOfChannel), (1, EndOfChannel), (1, Closed)])
        self.assertFalse(one.sendable)

    def test_offers_that_lost_are_taken_back_at_once(self) -> None:
        busy, end = Channel(), Channel()

        async def server() -> None:
            for _ in range(1000):
                await alt(busy, end)

        self.run_all(server(), self.sends(busy, *range(999)))
        self.assertTrue(end.sendable)
        self.assertFalse(end._rest)
        busy.send_now(0)
        self.assertFalse(end.sendable, "taken back before anybody goes on")
        self.settle()

    def test_a_cancelled_one_takes_its_offers_back(self) -> None:
        one, other = Channel(), Channel()
        (process,) = self.run_all(self.chooses(one, Send(other, 1), After(5)))
        process.cancel()
        self.assertFalse(one.sendable or other.receivable)
        self.settle()
        self.assertEqual(len(self.scheduler._timers), 0)

    def test_a_loser_among_many_does_not_disturb_the_others(self) -> None:
        shared, own = Channel(), Channel()
        self.run_all(self.receives(shared), self.chooses(own, shared), self.receives(shared))
        own.send_now("mine")
        shared.send_now(1)
        shared.send_now(2)
        self.settle()
        self.assertEqual(self.log, [(0, "mine"), ("got", 1), ("got", 2)])


class FairnessTests(ProcessTestCase):
    """Nobody is passed over."""

    def test_senders_who_are_always_ready_each_have_their_share(self) -> None:
        channels = [Channel() for _ in range(30)]
        counts = [0] * 30

        async def eager(channel: Channel) -> None:
            while True:
                await channel.send(None)

        async def fair() -> None:
            for _ in range(30_000):
                which, _ = await alt(*channels)
                counts[which] += 1

        self.run_all(*map(eager, channels))
        self.run_all(fair())
        self.assertEqual(sum(counts), 30_000)
        self.assertGreater(min(counts), 30_000 * 0.023)
        self.assertLess(max(counts), 30_000 * 0.043)
