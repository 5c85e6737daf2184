"""Pure. Channels with room: the sender goes on before the value is received."""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from types import coroutine
from typing import Any

from .channel import Channel
from .current import here
from .errors import WouldBlock
from .mobile import Movable
from .process import Process


class Buffer(Channel):
    """A channel that holds up to `room` values (at least 1). When it is full, senders wait.

    What it holds when it is closed is still received; what it holds when it is poisoned is lost.
    """

    __slots__ = ("held", "room")

    def __init__(self, room: int, name: str = "") -> None:
        if room < 1:
            raise ValueError(f"a buffer has room for at least 1 value, not for {room}")
        super().__init__(name)
        self.room = room
        self.held: deque = deque()

    @coroutine
    def send(self, value: Any) -> Iterator[None]:
        """Leave a value; wait while the buffer is full."""
        if self._put(value, here().process):
            here().process.communications += 1
            return
        yield from super().send(value)

    @coroutine
    def receive(self) -> Iterator[None]:
        """Take the oldest value; wait while there is none."""
        me = here().process
        if self.held:
            me.communications += 1
            return self._take()
        if self._first is not None or self._received is not None:
            return (yield from super().receive())
        self._first, self._sending = me, False  # most often nobody else waits: what is there would do the same
        me.waits = self
        yield
        value, me.value = me.value, None
        return value

    def send_now(self, value: Any) -> None:
        """As `send`. :raise WouldBlock: it is full."""
        if not self._put(value, here().process):
            if self._sent is not None:
                raise self._sent(self.name)
            raise WouldBlock(self.name)

    def hand(self, value: Any) -> None:
        """As `send_now`; but one process that waits, for a value that is not moved, goes on at once if none is at work.

        It saves a callback of the loop the way over the queue of those who can go on.
        """
        offer = self._first
        if type(offer) is Process and not (self._sending or self._rest or isinstance(value, Movable)):
            self._first = None  # one process waits alone, as most often
            self.count += 1
            offer.communications += 1
            offer.value = value
            offer.scheduler.resume(offer)
        else:
            self.send_now(value)

    def receive_now(self) -> Any:
        """As `receive`. :raise WouldBlock: there is nothing."""
        return self._take() if self.held else super().receive_now()

    @property
    def sendable(self) -> bool:
        return super().sendable or len(self.held) < self.room

    @property
    def receivable(self) -> bool:
        return bool(self.held) or super().receivable

    def poison(self) -> None:
        if not self.ended:  # else what it holds is still received
            self.held.clear()
        super().poison()

    def abandon(self) -> None:
        self.held.clear()
        super().abandon()

    def _put(self, value: Any, giver: Any) -> bool:
        """Give a value to who waits for one, or keep it if there is room."""
        if self._sent is not None:
            return False
        if self._first is not None and not self._sending:
            return self._pass_on(value, giver)
        if len(self.held) >= self.room:
            return False
        self.held.append(value.give(giver) if isinstance(value, Movable) else value)
        return True

    def _pass_on(self, value: Any, giver: Any) -> bool:
        # An extended rendezvous holds its sender; here it is the buffer that sends, and nobody to be held.
        if isinstance(value, Movable):
            value = value.give(giver)
        self.take_offer().accept(self, value)
        return True

    def _take(self) -> Any:
        """The oldest value; the first of those who wait to leave one does so."""
        value = self.held.popleft()
        self.count += 1
        if self._first is not None and self._sending:
            with suppress(WouldBlock):  # it is theirs no more
                self.held.append(super().receive_now())
                self.count -= 1  # until it leaves
        return value


class OverwritingBuffer(Buffer):
    """A buffer that never makes a sender wait: when it is full, the oldest value is lost, and counted in `missed`."""

    __slots__ = ("missed",)

    def __init__(self, room: int, name: str = "") -> None:
        super().__init__(room, name)
        self.missed = 0

    @property
    def sendable(self) -> bool:
        return True

    def _put(self, value: Any, giver: Any) -> bool:
        if self._sent is None and len(self.held) >= self.room:
            if isinstance(value, Movable):
                value = value.give(giver)  # first, because it fails if it was given away before
            self.held.popleft()
            self.missed += 1
        return super()._put(value, giver)
