"""Pure. The two ends of a channel as things that somebody has: shared, moved, and closed when nobody has them any more.

    sender, receiver = ends(Channel("requests"))

An end is closed by `close`, by the end of a `with`, or by being forgotten: so a process that dies lets
go of what it held. When the last sender is closed receivers are told that there will be no more; when the last receiver
is, senders are told that nobody will receive. An end that is sent over a channel moves to whoever receives it.
"""

from _thread import get_ident
from collections.abc import Iterator
from types import coroutine
from typing import Any

from .channel import Channel
from .current import here
from .errors import Closed, Moved
from .mobile import Movable, where


class Side:
    """How many ends there are of one side of a channel, and what is done when there are none."""

    __slots__ = ("channel", "count", "home", "none_left")

    def __init__(self, channel: Channel, none_left: Any) -> None:
        self.home = here()  # the thread of those who use it
        self.channel = channel
        self.count = 0
        self.none_left = none_left


class Useless:
    """Stands in the place of the channel of an end that can not be used any more."""

    __slots__ = ("_kind", "_text")

    # In an alternation it is ready, and tells it what is wrong.
    sendable = receivable = True
    _first = None

    def __init__(self, kind: type[Exception], text: str) -> None:
        self._kind = kind
        self._text = text

    def __getattr__(self, name: str) -> Any:
        raise self._kind(self._text)


class End(Movable):
    """What both ends can do."""

    __slots__ = ("_side", "channel")

    def __init__(self, side: Side) -> None:
        side.count += 1
        self._side: Side | None = side
        self.channel: Any = side.channel

    def share(self) -> Any:
        """Another end of the same side, for somebody else."""
        return type(self)(self._still())

    def give(self, giver: Any = None) -> Any:
        """Give the end away: only what is returned can be used from now on."""
        other = type(self)(self._still())
        self._side.count -= 1
        self._side = None
        self.channel = Useless(Moved, f"the end of {other.channel!r} was given away {where(giver)}")
        return other

    def close(self) -> None:
        """This end is used no more. Closing it again, or one that was given away, does nothing."""
        side, self._side = self._side, None
        if side is None:
            return
        self.channel = Useless(Closed, side.channel.name)
        side.count -= 1
        if not side.count:
            side.none_left()

    def _still(self) -> Side:
        if self._side is None:
            self.channel.useless()  # raises what is to be raised
        assert self._side is not None
        return self._side

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.close()

    def __del__(self) -> None:
        # Rings are collected wherever memory is needed: that may be another thread, or between two steps of what a
        # channel does. Then it is left to the scheduler.
        side = self._side
        if side is None:
            return
        home = side.home
        if home.process is None and home.thread in (0, get_ident()):
            self.close()
        else:
            home.forgotten.append(type(self)(side).close)
            side.count -= 1


class Sender(End):
    """The end that values are sent on."""

    __slots__ = ()

    @coroutine
    def send(self, value: Any) -> Iterator[None]:
        """As `Channel.send`. Whoever waits here has the end, also when he refers to it nowhere else."""
        yield from self.channel.send(value)

    def send_now(self, value: Any) -> None:
        """As `Channel.send_now`."""
        self.channel.send_now(value)


class Receiver(End):
    """The end that values are received from."""

    __slots__ = ()

    @coroutine
    def receive(self) -> Iterator[None]:
        """As `Channel.receive`. Whoever waits here has the end, also when he refers to it nowhere else."""
        return (yield from self.channel.receive())

    def receive_now(self) -> Any:
        """As `Channel.receive_now`."""
        return self.channel.receive_now()

    def __aiter__(self) -> "Receiver":
        return self

    async def __anext__(self) -> Any:
        return await self.channel.__anext__()


def ends(channel: Channel | None = None) -> tuple[Sender, Receiver]:
    """The ends of a channel, of a new one by default."""
    channel = Channel() if channel is None else channel
    return Sender(Side(channel, channel.close)), Receiver(Side(channel, channel.abandon))
