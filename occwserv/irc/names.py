"""Pure. Who is who on a network: a nickname is not a person.

Whoever plays is kept here with all that tells him from others: nick, user and host, and his account, where the network
has such. He is the same while these stay; a nickname that is seen to change is followed. Whoever uses a nickname that
somebody else was known by is somebody else, and the other one is gone: seen or not, he has another nickname by now.
"""

from collections.abc import Callable

from .message import Message, Source, fold


class Person:
    """Somebody, as he is known now.

    `account` is "" for one who has none, None when that is not known; `since` tells his connection from others, where
    that was asked for, and `stay` is his stay in the lobby during which it was; `crowded` when somebody else who was
    kept came from the same place.
    """

    __slots__ = ("account", "crowded", "since", "source", "stay")

    def __init__(self, source: Source, account: str | None) -> None:
        self.source = source
        self.account = account
        self.since = ""
        self.stay: object | None = None
        self.crowded = False

    def __repr__(self) -> str:
        return f"{self.source}{f' ({self.account})' if self.account else ''}"

    @property
    def nick(self) -> str:
        return self.source.nick


class Names:
    """Those who are kept.

    :param gone: told of each of them who is not there any more.
    """

    def __init__(self, gone: Callable[[Person], object]) -> None:
        self._gone = gone
        self._kept: dict[str, Person] = {}
        self.mapping = "rfc1459"
        self.tagged = False  # every message tells the account of its sender, or that he has none

    def key(self, nick: str) -> str:
        """A nickname as this network compares it."""
        return fold(nick, self.mapping)

    def same(self, one: str, other: str) -> bool:
        """Whether two nicknames are one to this network."""
        return self.key(one) == self.key(other)

    def use(self, mapping: str) -> None:
        """Compare nicknames in this way from now on."""
        self.mapping = mapping
        self._kept = {fold(person.nick, mapping): person for person in self._kept.values()}

    def sender(self, message: Message) -> Person:
        """Whose message it is: one of those who are kept, or somebody new, who is not kept yet."""
        source = message.sender
        account = message.tags.get("account", "" if self.tagged else None)
        known = self._kept.get(self.key(source.nick))
        if known is None:
            return Person(source, account)
        other = account != known.account and known.account and (account or self.tagged)
        if known.source.place == source.place and not other:
            known.source = source  # the nickname's letters may be other ones
            known.account = account or known.account
            return known
        self._drop(known)
        return Person(source, account)

    def keep(self, person: Person) -> None:
        """He is to be followed."""
        other = self._kept.get(self.key(person.nick))
        if other is not None and other is not person:
            self._drop(other)
        self._kept[self.key(person.nick)] = person
        for each in self._kept.values():
            if each is not person and each.source.place == person.source.place:
                each.crowded = person.crowded = True

    def forget(self, person: Person) -> None:
        """He need not be followed any more."""
        key = self.key(person.nick)
        if self._kept.get(key) is person:
            del self._kept[key]

    def renamed(self, message: Message) -> Person | None:
        """A line NICK: who of those who are kept has another nickname now."""
        source, new = message.sender, message.param(0)
        if not new:
            return None
        known = self._kept.pop(self.key(source.nick), None)
        other = self._kept.get(self.key(new))
        if other is not None:
            self._drop(other)
        if known is None:
            return None
        if source.host and known.source.place != source.place:  # not he, but one who has taken his nickname unseen
            self._gone(known)
            return None
        known.source = known.source._replace(nick=new)
        self._kept[self.key(new)] = known
        return known

    def moved(self, message: Message) -> None:
        """A line CHGHOST: the same person, with another user and host."""
        known = self._kept.get(self.key(message.sender.nick))
        if known is not None and known.source.place == message.sender.place:
            known.source = Source(known.nick, message.param(0), message.param(1))

    def logged_in(self, message: Message) -> None:
        """A line ACCOUNT: he has an account now, or has none."""
        known = self._kept.get(self.key(message.sender.nick))
        if known is not None and known.source.place == message.sender.place and message.param(0) != "*":
            if known.account and known.account != message.param(0):
                self._drop(known)
            else:
                known.account = message.param(0)

    def left(self, nick: str) -> None:
        """Nobody has this nickname now."""
        known = self._kept.get(self.key(nick))
        if known is not None:
            self._drop(known)

    def _drop(self, person: Person) -> None:
        self.forget(person)
        self._gone(person)
