"""Who is told to be stuck, and who is not. What is referred to from the outside counts as alive, so the processes here
are plain functions, and are made where nobody keeps them.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from weakref import WeakValueDictionary

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from occwserv.csp import After, Barrier, Channel, Process, Scheduler, alt, ends, running, sleep, stop, timeout
from occwserv.csp.deadlock import MOST, SLICE, WORK

KEPT = Channel("of the module")
STEP = 0.01  # no less than between two slices of a look


async def relays(left: Channel, right: Channel) -> None:
    while True:
        await right.send(await left.receive())


async def receives(channel: Any) -> None:
    await channel.receive()


async def chooses(*channels: Any) -> None:
    await alt(*channels)


async def joins(others: list) -> None:
    await sleep(0)
    await others.pop().join()


async def joins_itself() -> None:
    assert running.process is not None
    await running.process.join()


async def sends_to_itself() -> None:
    channel = Channel()
    await channel.send(1)
    await channel.receive()


async def stops() -> None:
    await stop()


async def holds(channel: Any, seconds: float = 1000) -> None:
    await sleep(seconds)


async def holds_for_a_deferred(channel: Any) -> None:
    await Deferred()


async def in_time(channel: Any, seconds: float) -> None:
    async with timeout(seconds):
        await channel.receive()


async def meets(barrier: Barrier) -> None:
    await barrier.sync()


class DeadlockTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.told: list[tuple[float, list[str]]] = []
        self.scheduler = Scheduler(self.clock, stuck=self.tell, report=lambda process: None)

    def tell(self, processes: list[Process]) -> None:
        self.told.append((self.clock.seconds(), sorted(process.name for process in processes)))

    def stuck(self, make: Callable[[], list], seconds: float = 5) -> list[list[str]]:
        """The names of those told of while the time went by."""
        for routine in make():
            self.scheduler.spawn(routine)
            del routine
        self.clock.pump([STEP] * round(seconds / STEP))
        return [names for _, names in self.told]


class StuckTests(DeadlockTestCase):
    """They wait for each other alone."""

    def found(self, make: Callable[[], list], *names: str) -> None:
        self.assertEqual(self.stuck(make), [sorted(names)])

    def test_two_in_a_cycle(self) -> None:
        def two() -> list:
            one, other = Channel(), Channel()
            return [relays(one, other), relays(other, one)]

        self.found(two, "relays", "relays")
        self.assertLessEqual(self.told[0][0], 1.01, "within a second")

    def test_a_ring_of_five(self) -> None:
        def ring() -> list:
            channels = [Channel() for _ in range(5)]
            return [relays(channels[n], channels[n - 1]) for n in range(5)]

        self.found(ring, *["relays"] * 5)

    def test_one_with_itself(self) -> None:
        self.found(lambda: [sends_to_itself()], "sends_to_itself")

    def test_one_that_has_stopped(self) -> None:
        self.found(lambda: [stops()], "stops")

    def test_one_that_waits_for_its_own_end(self) -> None:
        self.found(lambda: [joins_itself()], "joins_itself")

    def test_two_that_wait_for_each_others_end(self) -> None:
        lists: list[list] = [[], []]
        for mine, others in (lists, lists[::-1]):
            mine.append(self.scheduler.spawn(joins(others)))
        lists.clear()
        del mine, others
        self.found(list, "joins", "joins")

    def test_an_end_nobody_else_has(self) -> None:
        def lonely() -> list:
            sender, receiver = ends()
            return [lone(sender, receiver)]

        async def lone(sender: Any, receiver: Any) -> None:
            await receiver.receive()

        self.found(lonely, "lone")

    def test_alternations(self) -> None:
        def three() -> list:
            one, other = Channel(), Channel()
            return [chooses(one, other), chooses(other, one), chooses(one)]

        self.found(three, *["chooses"] * 3)

    def test_a_barrier_that_too_few_come_to(self) -> None:
        def two() -> list:
            barrier = Barrier(3)
            return [meets(barrier), meets(barrier)]

        self.found(two, "meets", "meets")

    def test_one_whose_partner_ended_later(self) -> None:
        def two() -> list:
            channel = Channel()
            return [receives(channel), holds(channel, 3)]

        self.found(two, "receives")
        self.assertGreater(self.told[0][0], 3)

    def test_it_is_told_once(self) -> None:
        self.stuck(lambda: [stops(), receives(Channel())], 60)
        self.assertEqual(sorted(names for _, names in self.told), [["receives"], ["stops"]])

    def test_and_one_that_waits_for_those(self) -> None:
        async def parent() -> None:
            running.process.scheduler.spawn(stops())  # type: ignore[union-attr]
            await receives(Channel())

        self.stuck(lambda: [parent()])
        self.assertEqual(sorted(name for _, names in self.told for name in names), ["parent", "stops"])


class NotStuckTests(DeadlockTestCase):
    """Somebody may still come."""

    def fine(self, make: Callable[[], list]) -> None:
        self.assertEqual(self.stuck(make, 30), [])

    def test_a_channel_that_is_held_outside(self) -> None:
        channel = Channel()
        self.fine(lambda: [receives(channel), relays(channel, Channel())])
        self.assertTrue(channel.sendable)

    def test_an_end_that_is_held_outside(self) -> None:
        sender, receiver = ends()
        self.fine(lambda: [receives(receiver)])
        sender.close()

    def test_a_channel_of_a_sleeper(self) -> None:
        def two() -> list:
            channel = Channel()
            return [receives(channel), holds(channel)]

        self.fine(two)

    def test_a_channel_of_one_that_waits_for_a_deferred(self) -> None:
        def two() -> list:
            channel = Channel()
            return [receives(channel), holds_for_a_deferred(channel)]

        self.fine(two)

    def test_a_channel_of_a_module(self) -> None:
        self.fine(lambda: [receives(KEPT), chooses(Channel(), KEPT)])

    def test_a_channel_that_may_be_looked_up(self) -> None:
        known = WeakValueDictionary[str, Channel]()

        def one() -> list:
            channel = known["channel"] = Channel()
            return [receives(channel)]

        self.fine(one)

    def test_time_limits_and_alternations_with_time(self) -> None:
        self.fine(lambda: [in_time(Channel(), 1000), chooses(Channel(), After(1000))])

    def test_alternations_with_time_in_a_queue(self) -> None:
        def three() -> list:
            channel = Channel()
            return [chooses(channel, After(900 + n)) for n in range(3)]

        self.fine(three)

    def test_a_time_limit_that_is_over(self) -> None:
        async def goes_on() -> None:
            async with timeout(1000):
                pass
            await receives(Channel())

        self.assertEqual(self.stuck(lambda: [goes_on()]), [["goes_on"]])

    def test_a_chain_whose_head_is_alive(self) -> None:
        def chain() -> list:
            channels = [Channel() for _ in range(20)]
            return [
                holds(channels[0]),
                *(relays(one, other) for one, other in pairwise(channels)),
            ]

        self.fine(chain)

    def test_waiting_for_the_end_of_a_sleeper(self) -> None:
        async def parent() -> None:
            await running.process.scheduler.spawn(holds(None)).join()  # type: ignore[union-attr]

        self.fine(lambda: [parent()])

    def test_a_barrier_to_which_a_sleeper_belongs(self) -> None:
        def two() -> list:
            barrier = Barrier(2)
            return [meets(barrier), holds(barrier)]

        self.fine(two)

    def test_a_look_is_bounded_however_many_there_are(self) -> None:
        def crowd() -> list:
            hub: dict[str, list] = {"channels": [Channel() for _ in range(5000)]}
            return [member(hub, number) for number in range(5000)]

        async def member(hub: dict, number: int) -> None:
            await hub["channels"][number].receive()

        for routine in crowd():
            self.scheduler.spawn(routine)
        del routine
        watch = self.scheduler._watch
        assert watch is not None
        looked_at = [0]
        for _ in range(400):
            self.clock.advance(STEP)
            looked_at.append(watch.objects)
        self.assertGreater(max(looked_at), WORK)
        self.assertLess(max(looked_at), 2 * WORK)
        slices = [now - before for before, now in pairwise(looked_at)]
        self.assertLess(max(slices), SLICE + MOST, "what is looked at without a pause")
        self.assertEqual(self.told, [])

    def test_whoever_is_stuck_is_found_in_a_crowd(self) -> None:
        channels = [Channel() for _ in range(2000)]
        self.stuck(lambda: [*map(receives, channels)], 20)
        self.told.clear()
        self.assertEqual(self.stuck(lambda: [stops()], 1), [["stops"]])

    def test_looking_ends_when_nobody_moves(self) -> None:
        channel = Channel()
        self.stuck(lambda: [receives(channel)], 10)
        self.assertEqual(self.clock.getDelayedCalls(), [])
