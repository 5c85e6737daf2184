"""Pure. Alternation: wait for the first of several things that can happen, and do only that one.

    which, value = await alt(requests, Send(answers, answer), After(5))

A channel means to receive from it. `which` is the place of what happened in the list; `value` what was received. An
alternative may be switched off by None or False in its place. `pri_alt` takes the leftmost of those that are ready;
`alt` begins to look at any of them, so that none is passed over.

An alternation that was decided takes its other offers back at once: a server that waits for "a client, or the end" in
a loop would else fill the channel of the end with offers nobody can accept.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from types import coroutine
from typing import Any

from .channel import Channel
from .current import here
from .ends import Useless
from .errors import Ending
from .extended import extended
from .mobile import Movable
from .process import Process
from .timers import Timer


class Send:
    """The alternative to send a value on a channel."""

    __slots__ = ("_end", "channel", "value")

    def __init__(self, channel: Any, value: Any) -> None:
        self._end = channel  # whoever waits at one has it
        self.channel: Channel = channel.channel if isinstance(channel, Movable) else channel
        self.value = value


class After:
    """The alternative that so many seconds go by."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Skip:
    """The alternative that is always ready."""

    __slots__ = ()


SKIP = Skip()

_PLAIN = frozenset({Channel, Send, After, Skip, bool, type(None)})


class Choice:
    """An alternation that waits: one offer, on all its channels. `which` is what happened, as a place in the list."""

    __slots__ = ("_alternatives", "_timer", "process", "which")

    def __init__(self, process: Process, alternatives: Sequence) -> None:
        self.process = process
        self._alternatives = alternatives
        self._timer: Timer | None = None
        self.which = -1

    def offer(self) -> None:
        """Wait on all channels, and for the shortest of the times."""
        shortest: After | None = None
        for each in self._alternatives:
            kind = type(each)
            if kind is Channel and each._first is None:  # what `wait` would do: most of the guards are these
                each._first = self
                each._sending = False
            elif kind is Send:
                each.channel.wait(self, True)
            elif kind is After:
                if shortest is None or each.seconds < shortest.seconds:
                    shortest = each
            elif isinstance(each, Channel):
                each.wait(self, False)
            elif each is not None and each is not False:
                raise TypeError(f"{each!r} can not be an alternative")
        if shortest is not None:
            self._timer = self.process.scheduler.call_after(max(shortest.seconds, 0), lambda: self._decide(shortest))

    def withdraw(self, process: Process | None = None) -> bool:
        """Take all offers back."""
        for each in self._alternatives:
            if type(each) is Channel and each._first is self and not each._rest:
                each._first = None
            elif isinstance(each, Channel):
                each.withdraw(self)
            elif type(each) is Send:
                each.channel.withdraw(self)
        if self._timer is not None:
            self._timer.cancel()
        return True

    def accept(self, channel: Channel, value: Any) -> bool:
        """Somebody has come with a value."""
        self.process.value = value
        self.process.communications += 1
        self._decide(channel)
        return False

    def taken(self, channel: Channel) -> Any:
        """Somebody has come for the value that is offered here."""
        sent = next(each for each in self._alternatives if type(each) is Send and each.channel is channel)
        self.process.communications += 1
        self._decide(sent)
        return sent.value

    def engage(self, channel: Channel, rendezvous: Any) -> Any:
        """As `taken`, by an extended rendezvous: the process waits on until that is over."""
        value = self.taken(channel)
        self.process.scheduler.hold(self.process, rendezvous)
        return value

    def give_up(self, channel: Channel, error: Ending) -> None:
        """A channel has ended: that is what happened."""
        error.which = next(
            number for number, each in enumerate(self._alternatives)
            if each is channel or (type(each) is Send and each.channel is channel)
        )  # fmt: skip
        self.withdraw()
        self.process.give_up(channel, error)

    def _decide(self, by: Any) -> None:
        self.which = self._alternatives.index(by)
        self.withdraw()
        self.process.scheduler.wake(self.process)

    def describe(self, process: Process) -> str:
        """What whoever waits here waits for."""
        return " or ".join(filter(None, map(_said, self._alternatives))) or "for nothing: all is switched off"

    @property
    def routine(self) -> Any:
        """Of the process that waits (`mobile.where`)."""
        return self.process.routine


@coroutine
def alt(*alternatives: Any) -> Iterator[None]:
    """Wait for the first that can happen; when several can, each has its turn.

    :return: its place in the list, and what was received by it.
    :raise Ending: a channel has ended; the error's `which` is its place.
    """
    process = here().process
    process.dice = (process.dice * 69069 + 1) & 0xFFFFFFFF
    start = (process.dice >> 8) % len(alternatives) if alternatives else 0
    return (yield from _choose(process, alternatives, chain(range(start, len(alternatives)), range(start))))


@coroutine
def pri_alt(*alternatives: Any) -> Iterator[None]:
    """Wait for the first that can happen; when several can, for the leftmost. The rest is as with `alt`."""
    return (yield from _choose(here().process, alternatives, range(len(alternatives))))


def _choose(process: Process, given: tuple, order: Any) -> Iterator[None]:
    alternatives: Sequence = given
    if not _PLAIN.issuperset(map(type, given)):  # ends, which are taken for their channels, or what is refused later
        alternatives = [getattr(each, "channel", each) if isinstance(each, Movable) else each for each in given]
    for which in order:
        each = alternatives[which]
        kind = type(each)
        if kind is Channel and each._first is None and each._sent is None:
            continue  # most often; what follows would find the same
        if isinstance(each, Channel):
            ready = each.receivable
        elif kind is Useless:
            ready = True  # to fail
        else:
            ready = kind is Skip or (kind is Send and each.channel.sendable) or (kind is After and each.seconds <= 0)
        if ready:
            process.communications += kind is not Skip
            if kind is Send and type(each.channel._first) is extended:
                yield from _send_to(each, which)
                return which, None
            return which, _do(each, which)
    choice = Choice(process, alternatives)
    process.waits = choice
    try:
        choice.offer()
    except BaseException:
        process.waits = None
        choice.withdraw()
        raise
    yield
    value, process.value = process.value, None
    return choice.which, value


def _do(each: Any, which: int) -> Any:
    """What is ready."""
    try:
        if type(each) is Send:
            each.channel.send_now(each.value)
        elif isinstance(each, (Channel, Useless)):
            return each.receive_now()
    except Ending as error:
        error.which = which
        raise
    return None


def _send_to(each: Send, which: int) -> Iterator[None]:
    """Send to an extended rendezvous, and wait until it is over."""
    try:
        yield from each.channel.send(each.value)
    except Ending as error:
        error.which = which
        raise


def _said(each: Any) -> str:
    if isinstance(each, Channel):
        return f"to receive from {each.name or 'a channel'}"
    if type(each) is Send:
        return f"to send on {each.channel.name or 'a channel'}"
    return f"{each.seconds:g} s" if type(each) is After else ""
