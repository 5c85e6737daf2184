"""A crowd of processes that do anything to each other, for very many operations: nothing is lost, nothing comes twice,
nobody is woken twice.

    python -m tests.soak_csp [operations]

Every value is a number of its own, in a `Mobile` half of the time. Who gives one notes it when his `send` is over; who
gets one notes that. At the end each value that was given was received exactly once, and none that was not given was;
a value whose sender was stopped on the way was given or not, but never half. `tests/test_csp_property.py` runs the
same crowd in small.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.task import Clock

from occwserv.csp import (
    SKIP,
    After,
    Buffer,
    Channel,
    Ending,
    Mobile,
    Moved,
    Process,
    Scheduler,
    Send,
    WouldBlock,
    alt,
    extended,
    let_others,
    pri_alt,
    sleep,
    timeout,
)

CHANNELS = 6
CROWD = 14


class CountingScheduler(Scheduler):
    """Notices when somebody is woken who has been woken already."""

    twice = 0

    def wake(self, process: Process) -> None:
        self._look_at(process)
        super().wake(process)

    def resume(self, process: Process) -> None:
        self._look_at(process)
        super().resume(process)

    def _look_at(self, process: Process) -> None:
        if process.done or (process.waits is None and process in self._ready):
            self.twice += 1


@dataclass
class Book:
    """What was noted."""

    operations: int = 0
    next_value: int = 0
    given: set[int] = field(default_factory=set)  # the `send` was over
    offered: set[int] = field(default_factory=set)  # it was not over, and may have taken place in an ended channel
    got: Counter = field(default_factory=Counter)
    lost: set[int] = field(default_factory=set)  # poison: what a buffer held
    kinds: Counter = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Crowd:
    """Some processes and channels.

    :param pick: a number below another, by chance or by somebody's design.
    :param watched: whether deadlocks are looked for, which takes most of the time.
    """

    def __init__(self, pick: Callable[[int], int], watched: bool = True) -> None:
        self.pick = pick
        self.clock = Clock()
        self.book = Book()
        self.scheduler = CountingScheduler(self.clock, report=self.died, stuck=self.stuck if watched else None)
        self.channels: list[Channel] = [self.new_channel(number) for number in range(CHANNELS)]

    def new_channel(self, number: int) -> Channel:
        return Buffer(1 + number % 3) if number % 3 == 2 else Channel()

    def died(self, process: Process) -> None:
        self.book.faults.append(repr(process.failure))

    def stuck(self, processes: list[Process]) -> None:
        """All channels are known outside: nobody can be stuck."""
        self.book.faults.append(f"accused: {processes}")

    def channel(self) -> Channel:
        return self.channels[self.pick(CHANNELS)]

    def new_value(self) -> tuple[int, Any]:
        number = self.book.next_value
        self.book.next_value += 1
        return number, Mobile(number) if self.pick(2) else number

    # What one process does.

    async def member(self) -> None:
        actions = (self.send, self.send, self.receive, self.receive, self.choose, self.choose, self.work, self.rest)
        while True:
            action = actions[self.pick(len(actions))]
            self.book.operations += 1
            self.book.kinds[action.__name__] += 1
            try:
                if self.pick(3):
                    await action()
                else:
                    async with timeout(self.pick(4)):
                        await action()
            except TimeoutError:
                self.book.kinds["timed out"] += 1
            except Ending as error:
                self.book.kinds[type(error).__name__] += 1

    def not_given(self, number: int, value: Any) -> None:
        """A value that was not given is its owner's still."""
        self.book.offered.add(number)
        if isinstance(value, Mobile):
            try:
                if value.value != number:
                    self.book.faults.append(f"{number} has changed")
            except Moved:
                self.book.faults.append(f"{number} was moved and not sent")

    async def send(self) -> None:
        number, value = self.new_value()
        channel = self.channel()
        if self.pick(4) == 0:
            self.hand(channel, number, value)
            return
        try:
            await channel.send(value)
        except BaseException:
            self.not_given(number, value)
            raise
        self.book.given.add(number)

    def hand(self, channel: Channel, number: int, value: Any) -> None:
        """Give a value without waiting, from inside a process or from outside."""
        try:
            channel.hand(value) if isinstance(channel, Buffer) else channel.send_now(value)
        except (Ending, WouldBlock):
            self.not_given(number, value)
        else:
            self.book.given.add(number)

    def note(self, value: Any) -> None:
        self.book.got[value.value if isinstance(value, Mobile) else value] += 1

    async def receive(self) -> None:
        self.note(await self.channel().receive())

    async def work(self) -> None:
        async with extended(self.channel()) as value:
            self.note(value)
            await sleep(self.pick(2))

    async def choose(self) -> None:
        number, value = self.new_value()
        out = self.channels.index(self.channel())
        inputs = [self.channel() for _ in range(2)]
        alternatives = [channel for channel in inputs if channel is not self.channels[out]]
        place = self.pick(len(alternatives) + 1)
        alternatives.insert(place, Send(self.channels[out], value))
        ends = (None, None, After(self.pick(3)), SKIP)[self.pick(4)]
        try:
            which, got = await (alt, pri_alt)[self.pick(2)](*alternatives, ends)
        except BaseException:
            self.not_given(number, value)
            raise
        if which == place:
            self.book.given.add(number)
        else:
            self.not_given(number, value)
            if which < len(alternatives):
                self.note(got)
            elif got is not None:
                self.book.faults.append(f"{got} came with the time")

    async def rest(self) -> None:
        await (let_others() if self.pick(2) else sleep(self.pick(3)))

    # What is done to them.

    def disturb(self) -> None:
        """Let somebody feel that others live here too."""
        members = list(self.scheduler.processes)
        kind = self.pick(12)
        if kind < 4 and members:
            members[self.pick(len(members))].cancel()
            self.book.kinds["cancelled"] += 1
        elif kind < 6 and members:
            members[self.pick(len(members))].kill()
            self.book.kinds["killed"] += 1
        elif kind < 8:
            place = self.pick(CHANNELS)
            channel = self.channels[place]
            how = ("poison", "close", "abandon")[self.pick(3)]
            if isinstance(channel, Buffer):
                self.book.lost.update(v.value if isinstance(v, Mobile) else v for v in channel.held)
            getattr(channel, how)()
            self.channels[place] = self.new_channel(place)
            self.book.kinds[how] += 1
        elif kind < 10:
            self.hand(self.channel(), *self.new_value())
            self.book.kinds["handed"] += 1
        else:
            self.clock.advance(self.pick(3))
        self.book.operations += 1
        while len(self.scheduler.processes) < CROWD:
            self.scheduler.spawn(self.member())

    def run(self, operations: int) -> Book:
        """Let them live, then end them all, and look at the book."""
        while self.book.operations < operations:
            self.disturb()
            self.clock.advance(0.25)
        for process in list(self.scheduler.processes):
            process.kill()
        self.clock.pump([1] * 5)
        for channel in self.channels:
            if isinstance(channel, Buffer):
                self.book.lost.update(v.value if isinstance(v, Mobile) else v for v in channel.held)
            if channel._first is not None or channel._rest:
                self.book.faults.append("an offer of nobody is left")
        self.check()
        return self.book

    def check(self) -> None:
        book = self.book
        got = set(book.got)
        book.faults += [f"{value} came {times} times" for value, times in book.got.items() if times != 1]
        book.faults += [f"{value} was lost" for value in book.given - got - book.lost]
        book.faults += [f"{value} came and was not given" for value in got & book.offered]
        if self.scheduler.twice:
            book.faults.append(f"{self.scheduler.twice} were woken twice")
        if self.scheduler.processes:
            book.faults.append(f"still here: {list(self.scheduler.processes)}")
        if len(self.scheduler._timers):
            book.faults.append(f"{len(self.scheduler._timers)} timers are left")


def main() -> None:
    operations = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    chance, done, faults, kinds = random.Random(1), 0, 0, Counter[str]()
    values = 0
    began = time.perf_counter()
    while done < operations:
        watched = done % 200_000 < 2_000
        size = 2_000 if watched else 48_000
        book = Crowd(lambda below: int(chance.random() * below), watched).run(min(size, operations - done))
        done += book.operations
        values += len(book.given)
        faults += len(book.faults)
        kinds += book.kinds
        for fault in book.faults[:5]:
            print("fault:", fault)
    print(f"{done} operations in {time.perf_counter() - began:.0f} s: {values} values given, {faults} faults")
    print(", ".join(f"{name} {times}" for name, times in kinds.most_common()))
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
