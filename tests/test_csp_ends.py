"""The ends of channels: shared, moved, and closed when nobody has them any more."""

import threading
from typing import Any

from occwserv.csp import (
    After,
    Broken,
    Buffer,
    Channel,
    Closed,
    EndOfChannel,
    Moved,
    Poisoned,
    Receiver,
    Send,
    Sender,
    alt,
    ends,
    extended,
    sleep,
)

from .processes import ProcessTestCase
from .test_csp_mobile import gives


class EndsTests(ProcessTestCase):
    """The ends of channels."""

    def test_the_last_end_that_is_closed_ends_the_channel(self) -> None:
        sender, receiver = ends()
        other = sender.share()
        self.run_all(self.receives(receiver))
        sender.close()
        sender.close()
        self.settle()
        self.assertEqual(self.log, [])
        other.close()
        self.settle()
        self.assertEqual(self.log, ["EndOfChannel"])
        self.assertEqual(self.deaths(), ["EndOfChannel('')"])

    def test_receivers_that_are_gone(self) -> None:
        sender, receiver = ends()
        self.run_all(self.sends(sender, 1))
        with receiver:
            pass
        self.settle()
        self.assertRaises(Broken, sender.send_now, 2)
        self.assertRaises(Closed, receiver.receive_now)
        self.assertEqual(self.deaths(), ["Broken('')"])

    def test_an_end_that_is_forgotten_is_closed(self) -> None:
        sender, receiver = ends()
        del receiver
        self.assertRaises(Broken, sender.send_now, 1)

    def test_who_waits_on_an_end_has_it(self) -> None:
        async def sends(given: list[Sender]) -> None:
            await given.pop().send(1)

        async def receives(given: list[Receiver]) -> None:
            self.log.append(await given.pop().receive())

        async def loops(given: list[Receiver]) -> None:
            async for value in given.pop():
                self.log.append(value)

        for waits in (receives, loops):
            for sender_first in (True, False):
                both = [side(given=[end]) for side, end in zip((sends, waits), ends(), strict=True)]  # and nobody else
                self.run_all(both.pop(not sender_first))
                self.run_all(both.pop())
                self.assertEqual(self.log.pop(), 1)

    def test_a_loop_over_an_end_that_was_given_away(self) -> None:
        sender, receiver = ends()

        async def careless(mine: Receiver) -> None:
            async for _ in mine:
                new.append(mine.give())

        new: list[Receiver] = []
        process, _ = self.run_all(careless(receiver), self.sends(sender, 1, 2))
        self.assertIsInstance(process.failure, Moved)
        self.assertEqual(new[0].receive_now(), 2)
        self.assertEqual(len(self.deaths()), 1)

    def test_a_process_that_ends_closes_what_it_held(self) -> None:
        async def ends_at_once(sender: Any) -> None:
            await sleep(1)

        async def fails(sender: Any) -> None:
            await sleep(1)
            raise ValueError

        for how in (ends_at_once, fails):
            sender, receiver = ends()
            process = self.spawn(how(sender.give()))
            self.run_all(self.receives(receiver))
            self.after(1)
            self.assertEqual(self.log.pop(), "EndOfChannel", how)
            self.assertTrue(process.done)
            self.deaths()
        sender, receiver = ends()
        process = self.spawn(ends_at_once(sender.give()))
        self.run_all(self.receives(receiver))
        process.cancel()
        self.settle()
        self.assertEqual(self.log, ["EndOfChannel"])
        self.deaths()

    def test_an_end_that_is_forgotten_while_others_run_is_closed_soon(self) -> None:
        sender, receiver = ends()
        held = [sender.give()]

        async def forgets() -> None:
            held.clear()
            self.log.append(receiver.channel.ended)
            await sleep(100)

        self.run_all(self.receives(receiver), forgets())
        self.assertEqual(self.log, [False, "EndOfChannel"], "not in the midst of what somebody does")
        self.deaths()

    def test_an_end_that_another_thread_forgets_is_closed_here(self) -> None:
        sender, receiver = ends()
        held = [sender.give()]
        self.run_all(self.receives(receiver))
        thread = threading.Thread(target=held.clear)
        thread.start()
        thread.join()
        self.assertEqual(self.log, [])
        self.run_all(self.sends(Channel(), 1))
        self.assertEqual(self.log, ["EndOfChannel"])
        self.deaths()

    def test_an_end_is_moved_when_it_is_sent(self) -> None:
        way, (sender, receiver) = Channel(), ends()

        async def takes() -> None:
            mine = await way.receive()
            await mine.send("over the moved end")

        self.run_all(takes(), gives(way, sender), self.receives(receiver))
        self.assertEqual(self.log, [("got", "over the moved end")])
        self.assertIn(f"{gives.__code__.co_filename}:", str(self.assertRaises(Moved, sender.send_now, 1)))
        self.assertRaises(Moved, sender.share)
        self.assertRaises(Moved, sender.give)
        sender.close()
        self.assertRaises(EndOfChannel, receiver.receive_now)

    def test_ends_that_are_lost_in_a_poisoned_buffer_are_closed(self) -> None:
        way, (sender, receiver) = Buffer(1), ends()
        way.send_now(sender)
        way.poison()
        self.assertRaises(EndOfChannel, receiver.receive_now)
        self.assertRaises(Poisoned, way.receive_now)

    def test_who_waits_at_one_in_other_ways_has_it(self) -> None:
        async def extends(way: Channel) -> None:
            async with extended(await way.receive()) as value:
                self.log.append(value)

        async def offers(way: Channel) -> None:
            await alt(Send(await way.receive(), 2), After(10))

        for waits, at in ((extends, 1), (offers, 0)):
            way, both = Channel(), ends()
            self.run_all(waits(way), gives(way, both[at]))
            self.run_all(self.sends(both[0], 1) if at else self.receives(both[1]))
        self.assertEqual(self.log, [1, ("sent", 1), ("got", 2)])
        self.assertEqual(self.deaths(), [])

    def test_async_for_over_an_end(self) -> None:
        async def reads(receiver: Any) -> None:
            async for value in receiver:
                self.log.append(value)

        sender, receiver = ends()
        self.run_all(reads(receiver.give()), self.sends(sender, 1, 2))
        sender.close()
        self.settle()
        self.assertEqual(self.log, [("sent", 1), 1, 2, ("sent", 2)])
