"""Process. A client of our own IRC server, which is read no faster than its pace allows: who says more has to wait."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from occwserv.csp import After, Ending, alt, sleep

from ..link import Lines, Link
from ..message import LINE, TAGS, Source, form, parse
from ..pacing import Bucket
from ..text import Decoder
from . import commands

if TYPE_CHECKING:
    from .state import Channel, Server

FREELY = 1e9
"""Lines a second of those who may say as much as they like."""


class Guest:
    """A client. `welcome` when it has a nickname and has said who it is.

    :param address: where it comes from; for others, its host.
    """

    def __init__(self, server: "Server", link: Link, address: str, trusted: bool = False) -> None:
        self.server, self.link, self.address = server, link, address
        self.nick = self.user = self.real_name = self.away = ""
        self.channels: dict[str, Channel] = {}
        self.watched: dict[str, str] = {}
        self.capabilities: set[str] = set()
        self.negotiating = self.welcome = False
        self.since = self.spoken = server.now()
        self.why = ""  # it has left
        limits = server.limits
        self._bucket = Bucket(FREELY if trusted else limits.rate, FREELY if trusted else limits.burst, server.now())
        self._lines, self._decoder = Lines(LINE + TAGS), Decoder(1)

    @property
    def source(self) -> str:
        """Who it is, for others."""
        return str(Source(self.nick, f"~{self.user}", self.address))

    async def run(self) -> None:
        """Do what it says, until it has left."""
        heard, asked, limits = self.server.now(), False, self.server.limits
        try:
            while not self.why:
                until = heard + limits.silence if self.welcome else self.since + limits.register
                which, piece = await alt(self.link.pieces, After(max(until - self.server.now(), 0)))
                if which == 0:
                    heard, asked = self.server.now(), False
                    await self._came(self.link.went_on(piece))
                elif asked or not self.welcome:
                    self.leave("No answer" if self.welcome else "Too slow to register")
                else:
                    heard, asked = self.server.now(), True
                    self.send(f"PING {self.server.name}")
        except Ending:
            pass
        finally:
            self.leave(self.why or "Connection closed")

    async def _came(self, piece: bytes) -> None:
        for line in self._lines.split(piece):
            wait = self._bucket.wait(self.server.now())
            if wait and not self.link.lost:
                await sleep(wait)
            if self.why or not self._bucket.take(self.server.now()):
                return
            message = parse(self._decoder.read(line))
            if message is not None:
                commands.obey(self.server, self, message)

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
