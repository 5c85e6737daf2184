"""Pure. Who is in the lobby with us: of them a server tells whoever takes another nickname, or leaves."""

from .message import Message
from .names import Names

RANKS = "~&@%+!"
"""What NAMES says before nicknames of those who have a say in the channel."""

HIDES, RANKED = frozenset("u"), frozenset("qaohv")
"""Modes: that of an auditorium, where a server tells nothing of those who have no say; and those of who has one."""


class Lobby:
    """Those who are there. `stay`: an object of its own for each time that somebody is.

    :param channel: its name; empty if there is none.
    """

    def __init__(self, names: Names, channel: str) -> None:
        self._names, self._channel = names, channel
        self._stays: dict[str, object] = {}

    def is_it(self, channel: str) -> bool:
        """Whether a channel is the lobby."""
        return bool(self._channel) and self._names.same(channel, self._channel)

    def stay(self, nick: str) -> object | None:
        """The stay of whoever has this nickname; the same one means the same person, whatever happened meanwhile."""
        return self._stays.get(self._names.key(nick))

    def there(self, message: Message) -> None:
        """353: who is there."""
        if self.is_it(message.param(2)):
            for name in message.param(3).split():
                self._stays.setdefault(self._names.key(name.lstrip(RANKS)), object())

    def joined(self, message: Message) -> None:
        """JOIN: somebody comes."""
        if self.is_it(message.param(0)):
            self._stays[self._names.key(message.sender.nick)] = object()

    def renamed(self, message: Message) -> None:
        """NICK: he stays, with another nickname."""
        stay = self._stays.pop(self._names.key(message.sender.nick), None)
        self.left(message.param(0))  # if somebody was known by that nickname, he has another one by now
        if stay is not None:
            self._stays[self._names.key(message.param(0))] = stay

    def changed(self, message: Message) -> None:
        """MODE: whoever is there may be hidden from now on."""
        modes = set(message.param(1))
        if self.is_it(message.param(0)) and (modes & HIDES or ("-" in modes and modes & RANKED)):
            self.closed()

    def left(self, nick: str) -> None:
        """Somebody is not there any more."""
        self._stays.pop(self._names.key(nick), None)

    def closed(self) -> None:
        """We are not there any more."""
        self._stays.clear()
