"""Process. Who is on our own IRC server: people, channels, and who watches whom. No operators, no services, no others.

It is there so that the game can be reached by any IRC client with nothing configured; it listens on this machine alone
unless it is told otherwise.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ...settings import IrcServer
from ..link import Link
from ..message import LINE, Message, Source, fold, form

NAME = "irc.occwserv"
MAPPING = "ascii"
TOPIC = 300
"""Characters of a topic."""

LISTED = 8
"""Targets in one command."""


class Guest:
    """A client. `welcome` when it has a nickname and has said who it is.

    :param address: where it comes from; for others, its host.
    """

    def __init__(self, server: "State", link: Link, address: str) -> None:
        self.server, self.link, self.address = server, link, address
        self.nick = self.user = self.real_name = self.away = ""
        self.channels: dict[str, Channel] = {}
        self.watched: dict[str, str] = {}
        self.capabilities: set[str] = set()
        self.negotiating = self.welcome = False
        self.since = self.spoken = server.now()
        self.why = ""  # it has left

    @property
    def source(self) -> str:
        """Who it is, for others."""
        return str(Source(self.nick, f"~{self.user}", self.address))

    def send(self, line: str) -> None:
        """Tell it a line; what is too long is cut, between characters."""
        data = line.encode("utf-8", "replace")
        if len(data) > LINE - 2:
            data = data[: LINE - 2].decode("utf-8", "ignore").encode()
        self.link.write(self._stamp() + data + b"\r\n")

    def _stamp(self) -> bytes:
        """When it is said, for who wants to know (IRCv3 server-time)."""
        if "server-time" not in self.capabilities:
            return b""
        now = datetime.fromtimestamp(self.server.date(), UTC)
        return f"@time={now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z ".encode()

    def reply(self, number: str, *params: Any) -> None:
        """Answer with a numeric."""
        self.send(form(number, self.nick or "*", *map(str, params), source=self.server.name))

    def leave(self, why: str) -> None:
        """It leaves; others are told why."""
        if not self.why:
            self.why = why
            self.send(form("ERROR", why))
        self.server.gone(self, self.why)
        self.link.close()


class Channel:
    """A channel: who is in it, and what it is about."""

    def __init__(self, name: str, made: int) -> None:
        self.name = name
        self.made = made
        self.topic = ""
        self.members: dict[Guest, None] = {}

    def send(self, line: str, but: Guest | None = None) -> None:
        """Tell all who are in it."""
        for guest in self.members:
            if guest is not but:
                guest.send(line)


class State:
    """The server as its commands know it.

    :param now: seconds, for how long things take. :param date: seconds since 1970, for when they happen.
    :param motd: what newcomers are told.
    """

    def __init__(
        self,
        now: Callable[[], float],
        date: Callable[[], float],
        limits: IrcServer,
        version: str,
        motd: Sequence[str] = (),
    ) -> None:
        self.now, self.date, self.limits = now, date, limits
        self.version, self.motd, self.name = version, motd, NAME
        self.guests: dict[Guest, None] = {}
        self.by_nick: dict[str, Guest] = {}
        self.channels: dict[str, Channel] = {}
        self.watchers: dict[str, dict[Guest, None]] = {}  # who wants to know whether a nickname is in use

    def named(self, nick: str) -> Guest | None:
        """Who has a nickname."""
        return self.by_nick.get(fold(nick, MAPPING))

    def channel(self, name: str) -> Channel | None:
        """A channel that somebody is in."""
        return self.channels.get(fold(name, MAPPING))

    def tell(self, guest: Guest, message: Message) -> None:
        """Who hears of what somebody does (NICK, QUIT): all with whom he is in a channel, once; and who watches him."""
        line = form(message.command, *message.params, source=message.source)
        told = {member: None for channel in guest.channels.values() for member in channel.members}
        told |= self.watchers.get(fold(guest.nick, MAPPING), {})
        told.pop(guest, None)
        for other in told:
            other.send(line)

    def rename(self, guest: Guest, nick: str) -> None:
        """Somebody takes a nickname that is free. Whoever watches the old one is told of the new: the game follows."""
        old, before = guest.nick, guest.source
        if guest.welcome:
            line = Message("NICK", (nick,), before)
            guest.send(form("NICK", nick, source=before))
            self.tell(guest, line)
        if old:
            self.by_nick.pop(fold(old, MAPPING), None)
        guest.nick = nick
        self.by_nick[fold(nick, MAPPING)] = guest
        if guest.welcome and fold(old, MAPPING) != fold(nick, MAPPING):
            self.told_watchers(old, False)
            self.told_watchers(nick, True)

    def told_watchers(self, nick: str, there: bool) -> None:
        """730 or 731, to who watches a nickname (IRCv3 Monitor)."""
        guest = self.named(nick)
        shown = guest.source if there and guest is not None else nick
        for watcher in self.watchers.get(fold(nick, MAPPING), ()):
            watcher.reply("730" if there else "731", shown)

    def watch(self, guest: Guest, nicks: Iterable[str], on: bool) -> None:
        """Have somebody be told whether nicknames are in use; or not any more."""
        for nick in nicks:
            key = fold(nick, MAPPING)
            if on:
                self.watchers.setdefault(key, {})[guest] = None
                guest.watched[key] = nick
            elif guest.watched.pop(key, None) is not None:
                self.watchers[key].pop(guest, None)
                if not self.watchers[key]:
                    del self.watchers[key]

    def join(self, guest: Guest, name: str) -> Channel:
        """Somebody enters a channel, which is there from then on."""
        key = fold(name, MAPPING)
        channel = self.channels.setdefault(key, Channel(name, int(self.date())))
        channel.members[guest] = None
        guest.channels[key] = channel
        return channel

    def part(self, guest: Guest, channel: Channel) -> None:
        """Somebody leaves a channel; without anybody it is no more."""
        channel.members.pop(guest, None)
        guest.channels.pop(fold(channel.name, MAPPING), None)
        if not channel.members:
            self.channels.pop(fold(channel.name, MAPPING), None)

    def gone(self, guest: Guest, why: str) -> None:
        """Somebody has left."""
        if self.guests.pop(guest, self) is self:
            return
        if guest.welcome:
            self.tell(guest, Message("QUIT", (why,), guest.source))
        self.watch(guest, list(guest.watched.values()), False)
        for channel in list(guest.channels.values()):
            self.part(guest, channel)
        if guest.nick and self.named(guest.nick) is guest:
            del self.by_nick[fold(guest.nick, MAPPING)]
            if guest.welcome:
                self.told_watchers(guest.nick, False)

    def figures(self) -> dict[str, Any]:
        """How many there are, for the statistics."""
        return {"clients": len(self.guests), "channels": len(self.channels)}
