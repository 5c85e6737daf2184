"""Pure. Channels: two processes meet, and a value goes from one to the other.

Whoever comes first waits on the channel; whoever comes second finds him there, takes or gives the value, and goes on
at once, while the first is put into the queue of those who can go on. So a channel holds waiting *offers* of one side
only, in the order in which they came. Any number of processes may share either side.

An offer is the waiting process itself, or an alternation (`alt.py`), or an extended rendezvous (`extended.py`). `send`
and `receive` are generators and not `async def`: without the coroutine around it a communication takes two thirds of
the time. For the same reason what an offer that is a process does is written out here.
"""

from collections import OrderedDict
from collections.abc import Iterator
from types import coroutine
from typing import Any

from .current import here
from .errors import Broken, Closed, Ending, EndOfChannel, Poisoned, WouldBlock
from .mobile import Movable
from .process import Process

REFUSED = object()
"""In place of a value that could not be moved."""


class Channel:
    """A channel without room: `send` is over when the value has been received.

    Every operation is atomic under cancellation: either it took place, and is not cancelled, or it did not.

    :param name: for people: in errors, and in what is told of waiting processes.
    """

    __slots__ = ("__weakref__", "_first", "_received", "_rest", "_sending", "_sent", "count", "name")

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.count = 0  # values that have passed
        self._first: Any = None  # the offer that waits, and behind it the others
        self._rest: OrderedDict | None = None
        self._sending = False  # whether those who wait want to send
        self._sent: type[Ending] | None = None  # what a sender is told; None while he may send
        self._received: type[Ending] | None = None  # what a receiver is told

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.name or hex(id(self))}>"

    @coroutine
    def send(self, value: Any) -> Iterator[None]:
        """Give a value to a receiver. A movable value is moved by it (`mobile.py`).

        :raise Closed: the channel was closed from this side. :raise Broken: the receivers are gone.
        :raise Poisoned: the channel was poisoned.
        """
        me = here().process
        offer = self._first
        if offer is not None and not self._sending:
            if isinstance(value, Movable):
                value = value.give(me)  # first, because it fails if it was given away before
            self._first = self._rest.popitem(last=False)[0] if self._rest else None
            self.count += 1
            me.communications += 1
            if type(offer) is Process:
                offer.communications += 1
                offer.value = value
                offer.scheduler.wake(offer)
            elif offer.accept(self, value):
                offer.hold(me)  # an extended rendezvous: until that is over
                yield
            return
        if self._sent is not None:
            raise self._sent(self.name)
        me.value = value
        me.waits = self
        self.wait(me, True)
        try:
            yield
        finally:
            me.value = None

    @coroutine
    def receive(self) -> Iterator[None]:
        """Take a value from a sender.

        :raise EndOfChannel: the senders are gone. :raise Closed: the channel was closed from this side.
        :raise Poisoned: the channel was poisoned.
        """
        me = here().process
        offer = self._first
        if offer is not None and self._sending:
            self._first = self._rest.popitem(last=False)[0] if self._rest else None
            self.count += 1
            me.communications += 1
            if type(offer) is Process:
                offer.communications += 1
                value = offer.value
                offer.scheduler.wake(offer)
            else:
                value = offer.taken(self)
            if isinstance(value, Movable):
                value = self.move(value, offer)
                if value is REFUSED:
                    return (yield from self.receive())
            return value
        if self._received is not None:
            raise self._received(self.name)
        me.waits = self
        self.wait(me, False)
        yield
        value, me.value = me.value, None
        return value

    def send_now(self, value: Any) -> None:
        """Give a value to a receiver who waits already. Not only for processes: a reactor's callback may call it.

        :raise WouldBlock: nobody waits. Else as `send`.
        """
        if self._first is None or self._sending:
            raise (self._sent or WouldBlock)(self.name)
        if isinstance(value, Movable):
            value = value.give(here().process)
        self.take_offer().accept(self, value)

    def receive_now(self) -> Any:
        """Take a value from a sender who waits already; for everybody, as `send_now`."""
        if self._first is None or not self._sending:
            raise (self._received or WouldBlock)(self.name)
        offer = self.take_offer()
        value = offer.taken(self)
        if isinstance(value, Movable):
            value = self.move(value, offer)
            if value is REFUSED:
                return Channel.receive_now(self)  # the next who waits, and not what a buffer holds, which is older
        return value

    @property
    def sendable(self) -> bool:
        """Whether a `send` would not wait."""
        return self._sent is not None or (self._first is not None and not self._sending)

    @property
    def receivable(self) -> bool:
        """Whether a `receive` would not wait."""
        return self._received is not None or (self._first is not None and self._sending)

    @property
    def ended(self) -> bool:
        """Whether it was closed, abandoned or poisoned."""
        return self._sent is not None

    def close(self) -> None:
        """There will be no more: receivers end, and whoever sends on is told that it is closed."""
        self._end(Closed, EndOfChannel)

    def abandon(self) -> None:
        """Nobody will receive any more: senders are told so."""
        self._end(Broken, Closed)

    def poison(self) -> None:
        """Everybody who uses the channel, on either side, is told to end."""
        self._end(Poisoned, Poisoned)

    def __aiter__(self) -> "Channel":
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.receive()
        except EndOfChannel:
            raise StopAsyncIteration from None

    def describe(self, process: Process) -> str:
        """What whoever waits here waits for."""
        return f"to {'send on' if self._sending else 'receive from'} {self.name or 'a channel'}"

    # What offers and alternations do with a channel.

    def wait(self, offer: Any, sending: bool) -> None:
        """An offer waits until somebody of the other side comes: there is nobody now."""
        if self._first is None:
            self._first = offer
            self._sending = sending
        elif self._sending is not sending:
            raise RuntimeError(f"one alternation can not both send on {self.name or 'a channel'} and receive from it")
        elif self._rest is None:
            self._rest = OrderedDict({offer: None})
        else:
            self._rest[offer] = None

    def withdraw(self, offer: Any) -> bool:
        """An offer is taken back."""
        if self._first is offer:
            self._first = self._rest.popitem(last=False)[0] if self._rest else None
        elif self._rest:
            self._rest.pop(offer, None)
        return True

    def take_offer(self) -> Any:
        """The first offer, which is about to be met."""
        offer = self._first
        self._first = self._rest.popitem(last=False)[0] if self._rest else None
        self.count += 1
        return offer

    def move(self, value: Movable, offer: Any) -> Any:
        """What is received in place of a movable value. REFUSED: it had been given away, and its sender is told so."""
        try:
            return value.give(offer)
        except Exception as error:
            self.count -= 1
            offer.process.error = error
            return REFUSED

    def _end(self, sent: type[Ending], received: type[Ending]) -> None:
        if self._sent is not None:
            return
        self._sent, self._received = sent, received
        # An alternation may wait here twice, and is told once.
        offers = {} if self._first is None else dict.fromkeys((self._first, *(self._rest or ())))
        self._first = self._rest = None
        for offer in offers:
            offer.give_up(self, (sent if self._sending else received)(self.name))
