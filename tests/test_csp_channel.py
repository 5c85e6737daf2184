"""Channels: who meets whom, in which order, and how a channel ends for each who uses it."""

from typing import Any

from occwserv.csp import (
    Broken,
    Buffer,
    Channel,
    Closed,
    EndOfChannel,
    Mobile,
    OverwritingBuffer,
    Poisoned,
    WouldBlock,
    running,
)

from .processes import ProcessTestCase


class RendezvousTests(ProcessTestCase):
    """Two meet."""

    def test_a_sender_waits_for_a_receiver(self) -> None:
        channel = Channel()
        self.run_all(self.sends(channel, 1, 2))
        self.assertEqual(self.log, [])
        self.run_all(self.receives(channel))
        self.assertEqual(sorted(self.log), [("got", 1), ("sent", 1)])

    def test_a_receiver_waits_for_a_sender(self) -> None:
        channel = Channel()
        self.run_all(self.receives(channel))
        self.assertEqual(self.log, [])
        self.run_all(self.sends(channel, 1))
        self.assertEqual(self.log, [("sent", 1), ("got", 1)])

    def test_who_comes_second_goes_on_first(self) -> None:
        channel = Channel()
        self.run_all(self.sends(channel, 1), self.receives(channel))
        self.assertEqual(self.log, [("got", 1), ("sent", 1)])

    def test_many_senders_are_served_in_the_order_in_which_they_came(self) -> None:
        channel = Channel()
        self.run_all(*(self.sends(channel, number) for number in range(10)))
        self.run_all(self.receives(channel, 10))
        self.assertEqual([entry for entry in self.log if entry[0] == "got"], [("got", number) for number in range(10)])

    def test_many_receivers_are_served_in_the_order_in_which_they_came(self) -> None:
        channel, order = Channel(), []

        async def receiver(number: int) -> None:
            order.append((number, await channel.receive()))

        self.run_all(*(receiver(number) for number in range(10)))
        self.run_all(self.sends(channel, *range(10)))
        self.assertEqual(order, [(number, number) for number in range(10)])

    def test_what_is_nothing_can_be_sent(self) -> None:
        channel = Channel()
        self.run_all(self.sends(channel, None), self.receives(channel))
        self.assertIn(("got", None), self.log)

    def test_values_are_counted(self) -> None:
        channel = Channel()
        self.run_all(self.sends(channel, 1, 2, 3), self.receives(channel, 2))
        self.assertEqual(channel.count, 2)

    def test_a_waiting_process_says_where(self) -> None:
        channel = Channel("letters")
        (process,) = self.run_all(self.receives(channel))
        self.assertEqual(repr(process), "<process receives: waits to receive from letters>")
        self.assertEqual(repr(channel), "<channel letters>")


class NowTests(ProcessTestCase):
    """Without waiting, and for those who are no processes."""

    def test_nobody_waits(self) -> None:
        channel = Channel()
        self.assertRaises(WouldBlock, channel.send_now, 1)
        self.assertRaises(WouldBlock, channel.receive_now)
        self.assertFalse(channel.sendable or channel.receivable)

    def test_somebody_waits(self) -> None:
        channel = Channel()
        self.run_all(self.receives(channel))
        self.assertTrue(channel.sendable)
        channel.send_now(1)
        self.assertRaises(WouldBlock, channel.send_now, 2)
        self.run_all(self.sends(channel, 3))
        self.assertTrue(channel.receivable)
        self.assertEqual(channel.receive_now(), 3)
        self.settle()
        self.assertEqual(self.log, [("got", 1), ("sent", 3)])

    def test_those_who_wait_on_the_same_side_are_no_partners(self) -> None:
        channel = Channel()
        self.run_all(self.receives(channel))
        self.assertRaises(WouldBlock, channel.receive_now)

    def test_the_channel_has_ended(self) -> None:
        channel = Channel()
        channel.close()
        self.assertRaises(Closed, channel.send_now, 1)
        self.assertRaises(EndOfChannel, channel.receive_now)


class EndingTests(ProcessTestCase):
    """Each end has names of its own, the same for who waits as for who comes later."""

    def told(self, end: str, channel: Channel, later: bool) -> tuple[list, list]:
        """What two senders and two receivers are told."""
        told: list[list] = []
        for user in (self.sends, self.receives):
            self.log.clear()
            target = type(channel)("it") if not isinstance(channel, Buffer) else type(channel)(channel.room, "it")
            if later:
                getattr(target, end)()
            args: tuple = (target, 1) if user == self.sends else (target,)
            self.run_all(user(*args), user(*args))
            getattr(target, end)()
            self.settle()
            told.append([entry[0] if isinstance(entry, tuple) else entry for entry in self.log])
            self.assertEqual(len(self.deaths()), 2)
        return told[0], told[1]

    def test_who_waits_and_who_comes_later_is_told_the_same(self) -> None:
        table = {
            "close": (Closed, EndOfChannel),
            "abandon": (Broken, Closed),
            "poison": (Poisoned, Poisoned),
        }
        for end, (sender, receiver) in table.items():
            for later in (False, True):
                expected = ([sender.__name__] * 2, [receiver.__name__] * 2)
                self.assertEqual(self.told(end, Channel(), later), expected, (end, later))

    def test_the_first_end_counts(self) -> None:
        channel = Channel()
        channel.close()
        channel.poison()
        self.run_all(self.receives(channel))
        self.assertEqual(self.deaths(), ["EndOfChannel('')"])
        self.assertTrue(channel.ended)

    def test_async_for_ends_when_there_is_no_more(self) -> None:
        channel, got = Channel(), []

        async def reader() -> str:
            async for value in channel:
                got.append(value)
            return "over"

        process, _ = self.run_all(reader(), self.sends(channel, 1, 2))
        channel.close()
        self.settle()
        self.assertEqual((got, process.result), ([1, 2], "over"))

    def test_async_for_does_not_hide_poison(self) -> None:
        channel = Channel("well")

        async def reader() -> None:
            async for _ in channel:
                pass

        self.run_all(reader())
        channel.poison()
        self.settle()
        self.assertEqual(self.deaths(), ["Poisoned('well')"])


class BufferTests(ProcessTestCase):
    """Channels with room."""

    def test_senders_wait_when_it_is_full(self) -> None:
        buffer = Buffer(2)
        self.run_all(self.sends(buffer, 1, 2, 3, 4))
        self.assertEqual(self.log, [("sent", 1), ("sent", 2)])
        self.run_all(self.receives(buffer))
        self.assertEqual(self.log[2:], [("got", 1), ("sent", 3)])

    def test_the_order_is_kept_whoever_waits(self) -> None:
        buffer = Buffer(2)
        self.run_all(*(self.sends(buffer, number) for number in range(6)))
        self.run_all(self.receives(buffer, 6))
        self.assertEqual([entry[1] for entry in self.log if entry[0] == "got"], list(range(6)))
        self.assertEqual(buffer.count, 6)

    def test_a_waiting_receiver_gets_it_at_once(self) -> None:
        buffer = Buffer(1)
        self.run_all(self.receives(buffer), self.sends(buffer, 1))
        self.assertIn(("got", 1), self.log)
        self.assertEqual(len(buffer.held), 0)

    def test_what_it_holds_when_closed_is_still_received(self) -> None:
        buffer = Buffer(3)
        self.run_all(self.sends(buffer, 1, 2))
        buffer.close()
        self.run_all(self.receives(buffer, 3))
        self.assertEqual(self.log[2:], [("got", 1), ("got", 2), "EndOfChannel"])
        self.assertRaises(Closed, buffer.send_now, 1)
        self.deaths()

    def test_what_it_holds_when_poisoned_is_lost(self) -> None:
        buffer = Buffer(3)
        self.run_all(self.sends(buffer, 1, 2))
        buffer.poison()
        self.run_all(self.receives(buffer))
        self.assertEqual(self.deaths(), ["Poisoned('')"])

    def test_what_it_holds_when_poisoned_after_it_was_closed_is_received(self) -> None:
        buffer = Buffer(3)
        buffer.send_now(1)
        buffer.close()
        buffer.poison()
        self.run_all(self.receives(buffer, 2))
        self.assertEqual((self.log, self.deaths()), ([("got", 1), "EndOfChannel"], ["EndOfChannel('')"]))

    def test_a_full_one_ends_for_those_who_wait(self) -> None:
        for end, told in (("close", "Closed"), ("abandon", "Broken"), ("poison", "Poisoned")):
            buffer = Buffer(1)
            self.run_all(self.sends(buffer, 1, 2))
            getattr(buffer, end)()
            self.settle()
            self.assertEqual(self.log.pop(), (told, 2))
            self.deaths()

    def test_without_waiting(self) -> None:
        buffer = Buffer(1)
        buffer.send_now(1)
        self.assertRaises(WouldBlock, buffer.send_now, 2)
        self.assertEqual(buffer.receive_now(), 1)
        self.assertRaises(WouldBlock, buffer.receive_now)

    def test_who_is_handed_a_value_goes_on_at_once(self) -> None:
        buffer = Buffer(1)
        self.run_all(self.receives(buffer, 3))
        for number in range(3):
            buffer.hand(number)
            self.assertEqual(self.log, [("got", each) for each in range(number + 1)])
        buffer.hand(3)
        self.assertRaises(WouldBlock, buffer.hand, 4)
        self.assertEqual((buffer.receive_now(), buffer.count, self.clock.calls), (3, 4, []))

    def test_whom_that_wakes_goes_on_behind_it_and_at_once(self) -> None:
        buffer, other = Buffer(1), Channel()

        async def passes_on() -> None:
            await other.send(await buffer.receive())
            self.log.append("passed on")

        self.run_all(passes_on(), self.receives(other))
        buffer.hand(1)
        self.assertEqual(self.log, ["passed on", ("got", 1)])

    def test_handed_inside_a_process_it_is_the_others_turn_later(self) -> None:
        buffer = Buffer(1)

        async def hands() -> None:
            buffer.hand(1)
            self.log.append("handed")

        self.run_all(self.receives(buffer), hands())
        self.assertEqual(self.log, ["handed", ("got", 1)])

    def test_those_who_can_go_on_already_come_first(self) -> None:
        buffer, other = Buffer(1), Buffer(1)
        self.run_all(self.receives(buffer), self.receives(other))
        other.send_now("first")
        buffer.hand("then")
        self.assertEqual(self.log, [("got", "first"), ("got", "then")])

    def test_who_dies_of_what_he_is_handed_is_told_of(self) -> None:
        async def fails() -> None:
            raise ValueError(await buffer.receive())

        for value in (1, Mobile(1)):
            buffer = Buffer(1)
            self.run_all(fails())
            buffer.hand(value)
            self.settle()
            self.assertEqual(len(self.deaths()), 1)
            self.assertIsNone(running.process)

    def test_room_for_nothing_is_a_mistake(self) -> None:
        self.assertRaises(ValueError, Buffer, 0)

    def test_an_overwriting_one_never_makes_a_sender_wait(self) -> None:
        buffer: Any = OverwritingBuffer(2)
        self.run_all(self.sends(buffer, 1, 2, 3, 4))
        self.assertEqual(len(self.log), 4)
        self.run_all(self.receives(buffer, 2))
        self.assertEqual(self.log[4:], [("got", 3), ("got", 4)])
        self.assertEqual(buffer.missed, 2)

    def test_an_overwriting_one_ends_as_others_do(self) -> None:
        buffer = OverwritingBuffer(1)
        buffer.send_now(1)
        buffer.close()
        self.assertRaises(Closed, buffer.send_now, 2)
        self.assertEqual((buffer.receive_now(), buffer.missed), (1, 0))
