"""To be cancelled, killed, or timed out: either an exchange took place, or it did not."""

from occwserv.csp import Cancelled, Channel, alt, let_others, sleep

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
