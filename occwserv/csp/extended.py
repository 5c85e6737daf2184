"""Pure. Extended rendezvous: the receiver does something with a value before the sender may go on.

    async with extended(requests) as request:
        ...                                     # whoever sent it still waits

Whatever ends the block lets the sender go: the value was received. A sender that is cancelled meanwhile hears of it
when he waits the next time. What comes from a buffer has no sender who could wait.
"""

from collections.abc import Iterator
from types import coroutine
from typing import Any

from .channel import REFUSED, Channel
from .current import here
from .errors import Ending
from .mobile import Movable
from .process import Process


class extended:  # a small letter, because it reads as a verb
    """One extended rendezvous with whoever sends on a channel."""

    __slots__ = ("_channel", "_end", "_receiver", "_sender")

    def __init__(self, channel: Any) -> None:
        self._end = channel  # whoever waits at one has it
        self._channel: Channel = channel.channel if isinstance(channel, Movable) else channel
        self._receiver: Process | None = None
        self._sender: Process | None = None

    @coroutine
    def __aenter__(self) -> Iterator[None]:
        channel, me = self._channel, here().process
        if not channel.receivable:
            self._receiver = me
            me.waits = self
            channel.wait(self, False)
            yield
            value, me.value = me.value, None
            return value
        me.communications += 1
        if channel.ended or getattr(channel, "held", None):
            return channel.receive_now()
        offer = channel.take_offer()
        self._sender = offer.process
        value = offer.engage(channel, self)
        if isinstance(value, Movable):
            value = channel.move(value, offer)
            if value is REFUSED:
                self._let_go()
                return (yield from self.__aenter__())
        return value

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._let_go()

    def _let_go(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.scheduler.wake(sender)

    def accept(self, channel: Channel, value: Any) -> bool:
        """Somebody has come with a value, and is to wait on."""
        receiver, self._receiver = self._receiver, None
        return receiver.accept(channel, value) or True

    def hold(self, sender: Process) -> None:
        """Whoever has come waits until the block is over."""
        self._sender = sender
        sender.waits = self

    def give_up(self, channel: Channel, error: Ending) -> None:
        """The channel has ended before anybody came."""
        self._receiver.give_up(channel, error)

    def withdraw(self, process: Process) -> bool:
        return process is self._receiver and self._channel.withdraw(self)

    def describe(self, process: Process) -> str:
        if process is self._receiver:
            return f"to receive from {self._channel.name or 'a channel'}"
        return f"for the receiver from {self._channel.name or 'a channel'} to be through"
