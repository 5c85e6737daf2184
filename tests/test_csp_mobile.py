"""What is moved has one owner, and who uses it afterwards is told where it was given away."""

import gc
import weakref
from typing import Any

from occwserv.csp import (
    Buffer,
    Channel,
    Mobile,
    Moved,
    OverwritingBuffer,
    Send,
    alt,
    sleep,
)

from .processes import ProcessTestCase


async def gives(channel: Any, value: Any) -> None:
    await channel.send(value)  # given here


def line() -> int:
    """Of the comment above."""
    return gives.__code__.co_firstlineno + 1


class MobileTests(ProcessTestCase):
    """Values."""

    def moved(self, value: Mobile) -> str:
        return str(self.assertRaises(Moved, lambda: value.value))

    async def takes(self, channel: Channel) -> None:
        self.log.append((await channel.receive()).value)

    def test_it_is_moved_by_who_waits_and_by_who_does_not(self) -> None:
        here = f"{__file__}:{line()}"
        for giver_first in (True, False):
            channel, value = Channel(), Mobile("it")
            both = [gives(channel, value), self.takes(channel)]
            self.run_all(*(both if giver_first else reversed(both)))
            self.assertIn(here, self.moved(value))
        self.assertEqual(self.log, ["it", "it"])

    def test_by_an_alternation(self) -> None:
        async def offers(channel: Channel, value: Mobile) -> None:
            await alt(Send(channel, value), Channel())

        for giver_first in (True, False):
            channel, value = Channel(), Mobile("it")
            both = [offers(channel, value), self.takes(channel)]
            self.run_all(*(both if giver_first else reversed(both)))
            self.assertIn(f"{__file__}:{offers.__code__.co_firstlineno + 1}", self.moved(value))

    def test_by_a_buffer_at_once(self) -> None:
        for buffer in (Buffer(1), OverwritingBuffer(1)):
            value = Mobile("it")
            self.run_all(gives(buffer, value))
            self.assertIn(f"{__file__}:{line()}", self.moved(value))
            self.run_all(self.takes(buffer))

    def test_by_who_is_no_process(self) -> None:
        channel, value = Channel(), Mobile("it")
        self.run_all(self.takes(channel))
        channel.send_now(value)
        self.settle()
        self.assertIn(__file__, self.moved(value))

    def test_by_a_process_that_is_nothing_but_a_send(self) -> None:
        channel, value = Channel(), Mobile("it")
        self.run_all(channel.send(value), self.takes(channel))
        self.assertEqual(self.log, ["it"])
        self.moved(value)

    def test_it_is_still_his_who_was_cancelled(self) -> None:
        channel, value = Channel(), Mobile("it")
        (process,) = self.run_all(gives(channel, value))
        process.cancel()
        self.settle()
        self.assertEqual(value.value, "it")
        value.value = "other"

    def test_it_can_not_be_given_twice(self) -> None:
        for receiver_first in (True, False):
            channel, value = Channel(), Mobile("it")
            value.give()
            both = [self.takes(channel), gives(channel, value)]
            taker, giver = self.run_all(*both) if receiver_first else reversed(self.run_all(*reversed(both)))
            self.assertIsInstance(giver.failure, Moved)
            self.assertFalse(taker.done, "nothing has come to it")
            channel.send_now(Mobile("another"))
            self.settle()
            self.deaths()
        self.assertEqual(self.log, ["another", "another"])

    def test_a_buffer_is_not_harmed_by_it(self) -> None:
        buffer, value = OverwritingBuffer(1), Mobile("it")
        buffer.send_now("kept")
        value.give()
        self.assertRaises(Moved, buffer.send_now, value)
        self.assertEqual(buffer.receive_now(), "kept")
        full, value = Buffer(1), Mobile("it")
        self.run_all(gives(full, "first"), gives(full, value), gives(full, "third"))
        value.give()
        self.assertEqual(full.receive_now(), "first")
        self.settle()
        self.assertEqual(len(self.deaths()), 1)
        full.close()

    def test_what_a_buffer_holds_stays_in_order_by_it(self) -> None:
        buffer, value = Buffer(2), Mobile("it")
        self.run_all(*(gives(buffer, each) for each in (1, 2, value, 3)))
        value.give()
        self.assertEqual([buffer.receive_now() for _ in range(3)], [1, 2, 3])
        self.settle()
        self.assertEqual((len(self.deaths()), buffer.count), (1, 3))

    def test_the_new_owner_can_give_it_on(self) -> None:
        value = Mobile("it")
        for _ in range(3):
            value = value.give()
        self.assertEqual(value.value, "it")


class MemoryTests(ProcessTestCase):
    """Nothing is left of processes that have ended, before any collector comes."""

    async def fails(self) -> None:
        await sleep(0)
        raise ValueError

    def test_nothing_is_left(self) -> None:
        async def ends_well() -> None:
            await sleep(1)

        async def waits() -> None:
            await Channel().receive()

        async def chooses() -> None:
            await alt(Channel(), Channel())

        gc.disable()
        self.addCleanup(gc.enable)
        for routine in (ends_well, self.fails, waits, chooses):
            process: Any = self.spawn(routine())
            self.settle()
            process.cancel()
            self.after(1)
            self.assertTrue(process.done)
            seen = weakref.ref(process)
            self.failed.clear()
            del process
            self.assertIsNone(seen(), routine.__name__)

    def test_a_chain_of_children_does_not_grow(self) -> None:
        alive: list[Any] = []

        async def hands_on(left: int) -> None:
            if left:
                alive.append(weakref.ref(self.scheduler.spawn(hands_on(left - 1))))
            else:
                self.log.append(sum(seen() is not None for seen in alive))

        self.spawn(hands_on(2000))
        self.settle()
        self.assertLess(self.log[0], 5)
        self.assertEqual([seen for seen in alive if seen() is not None], [])
