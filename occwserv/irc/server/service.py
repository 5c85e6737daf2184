"""Process. The clients of our own IRC server. Each is read at its pace; who says more has to wait."""

from collections.abc import Callable, Sequence

from occwserv.csp import After, Ending, Scheduler, alt, sleep

from ...settings import IrcServer
from ..link import Lines, Link, joined
from ..message import LINE, TAGS, parse
from ..pacing import Bucket
from ..text import Decoder
from .commands import obey
from .state import Guest, State

FREELY = 1e9
"""Lines a second of those who may say as much as they like."""


class Server(State):
    """The server, whoever its clients are connected by.

    :param scheduler: runs a process for each of them. The other parameters are those of `State`.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        now: Callable[[], float],
        date: Callable[[], float],
        limits: IrcServer,
        version: str,
        motd: Sequence[str] = (),
    ) -> None:
        super().__init__(now, date, limits, version, motd)
        self._scheduler = scheduler

    def enter(self, link: Link, address: str, trusted: bool = False) -> Guest | None:
        """A client has connected; nobody, if there are too many.

        :param trusted: it is ours: it may say as much as it likes.
        """
        there = sum(guest.address == address for guest in self.guests)
        if not trusted and (len(self.guests) >= self.limits.clients or there >= self.limits.per_client):
            link.write(b"ERROR :There are too many clients%s\r\n" % (b" from your address" * (there > 0)))
            link.close()
            return None
        guest = Guest(self, link, address)
        self.guests[guest] = None
        self._scheduler.spawn(Listening(guest, trusted).run(), f"irc client {address}")
        return guest

    def connect(self) -> Link:
        """The other end of a connection from within the server."""
        ours, theirs = joined()
        self.enter(theirs, "localhost", trusted=True)
        return ours

    def end(self, why: str) -> None:
        """Have all leave."""
        for guest in list(self.guests):
            guest.leave(why)


class Listening:
    """What one client says is done, until it has left.

    :param trusted: it may say as much as it likes.
    """

    def __init__(self, guest: Guest, trusted: bool) -> None:
        self._guest, self._server = guest, guest.server
        limits = self._server.limits
        rate, burst = (FREELY, FREELY) if trusted else (limits.rate, limits.burst)
        self._bucket = Bucket(rate, burst, self._server.now())
        self._lines, self._decoder = Lines(LINE + TAGS), Decoder(1)

    async def run(self) -> None:
        """Do what it says."""
        guest, server = self._guest, self._server
        heard, asked, limits = server.now(), False, server.limits
        try:
            while not guest.why:
                until = heard + limits.silence if guest.welcome else guest.since + limits.register
                which, piece = await alt(guest.link.pieces, After(max(until - server.now(), 0)))
                if which == 0:
                    heard, asked = server.now(), False
                    await self._came(guest.link.went_on(piece))
                elif asked or not guest.welcome:
                    guest.leave("No answer" if guest.welcome else "Too slow to register")
                else:
                    heard, asked = server.now(), True
                    guest.send(f"PING {server.name}")
        except Ending:
            pass
        finally:
            guest.leave(guest.why or "Connection closed")

    async def _came(self, piece: bytes) -> None:
        guest, now = self._guest, self._server.now
        for line in self._lines.split(piece):
            wait = self._bucket.wait(now())
            if wait and not guest.link.lost:
                await sleep(wait)
            if guest.why or not self._bucket.take(now()):
                return
            message = parse(self._decoder.read(line))
            if message is not None:
                obey(self._server, guest, message)
