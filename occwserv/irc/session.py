"""Process. One connection to a network, from the first line to the last.

    server -> link -> session -> the door: who said what to us, who is gone
    players <- turns <- session   one turn for each line that may be sent now

Nobody's lines are queued here. Who wants to say something to the network waits for a turn, and turns are given no
faster than the network likes, one after the other to those who wait: a network that is slow makes players wait, who
then hear less, and the game never. What keeps the link alive (PONG, NICK, QUIT, registration) waits for nobody.

A link that is silent is asked (PING); when it stays silent, it is lost, whatever TCP says.
"""

from collections.abc import Callable
from typing import Any

from occwserv.csp import After, Channel, Ending, Send, alt

from .link import Lines, Link
from .message import LINE, Message, form, is_channel, parse
from .network import REAL_NAME, Network
from .pacing import Bucket, Window
from .people import People
from .registration import Registration
from .text import Decoder

USER, HOST = 12, 64
"""Characters that our user and host may have for others. A network that says more is believed."""


class Session:
    """A connection.

    `ready` when we were let in; `nick` is ours; `turns` gives a turn to say one line.

    :param door: what is told of people (`door.Door`).
    :param nonce: makes texts that nobody can guess, for SASL.
    """

    def __init__(
        self, link: Link, network: Network, door: Any, now: Callable[[], float], nonce: Callable[[], str], log: Any
    ) -> None:
        self.link, self.network, self.door, self.log = link, network, door, log
        self._now = now
        self.registration = Registration(
            network.nick, REAL_NAME, network.password, network.mechanisms(link.secure, nonce), network.required
        )
        self.turns = Channel(f"turns at {network.name}")
        self.bucket = Bucket(network.rate, network.burst, now())
        self._window = Window(network.unread)
        self.people = People(self.send, self.turns, door.gone, network.lobby.partition(" ")[0])
        self.ready = False
        self.why = ""  # it ended
        self._lines, self._decoder = Lines(), Decoder()
        self._begun = self._heard = self._tried = now()
        self._asked = False  # a PING is not answered yet
        self._slow = False  # SASL was given up
        self._put_out: float | None = None  # when we were put out of the lobby, or not let in
        self._widest = USER + HOST

    @property
    def nick(self) -> str:
        return self.registration.nick

    @property
    def enabled(self) -> set[str]:
        """The capabilities that are in use."""
        return self.registration.capabilities.enabled

    async def run(self) -> None:
        """Until the connection has ended."""
        try:
            for line in self.registration.begin():
                self.send(line)
            while not self.why:
                free = self.ready and self._window.open and not self.bucket.wait(self._now())
                turn = free and Send(self.turns, None)
                which, piece = await alt(self.link.pieces, turn, After(self._until()))
                if which == 0:
                    self._came(self.link.went_on(piece))
                elif which == 1:
                    self.bucket.owe(self._now())
                self._look_at_the_time()
        except Ending:
            pass
        finally:
            self.why = self.why or self.link.lost or "the connection was closed"
            self.ready = False
            self.turns.poison()
            self.link.close()
            self.door.lost(self)

    # What is sent.

    def send(self, line: str) -> None:
        """Send a line now. Pace is the caller's business."""
        self._window.sends()
        self.link.write(line.encode("utf-8", "replace")[: LINE - 2] + b"\r\n")

    def room(self, target: str) -> int:
        """Bytes of text in one line to somebody, as he gets it: with our whole name before it."""
        us = len(f":{self.nick}!@ ") + self._widest
        return LINE - 2 - us - len(f"PRIVMSG {target} :".encode())

    def tell(self, target: str, text: str) -> None:
        """Say one line to somebody; it has to fit (`room`), and it is the caller's turn."""
        self.send(form("PRIVMSG", target, text))

    def leave(self, why: str) -> None:
        """Say good-bye; the connection ends when that has left."""
        if not self.why:
            self.why = why
            if self.registration.welcome:
                self.send(form("QUIT", why))
            self.link.close()

    def send_soon(self, line: str) -> None:
        """Send a line that is no answer and takes the place of a turn."""
        self.bucket.owe(self._now())
        self.send(line)

    # What is heard.

    def _came(self, piece: bytes) -> None:
        self._heard, self._asked = self._now(), False
        for line in self._lines.split(piece):
            message = parse(self._decoder.read(line))
            if message is not None and not self.why:
                self._take(message)

    def _take(self, message: Message) -> None:
        command = message.command
        if command == "PING":
            self.send(form("PONG", message.param(0)))
        elif command == "PONG":
            self._window.answered(message.params[-1] if message.params else "")
        elif command == "ERROR":
            self.why = f"the server says {message.param(0)[:200]!r}"
        elif not self.registration.welcome or command in ("CAP", "AUTHENTICATE"):
            self._registers(message)
        else:
            act = _TAKES.get(command)
            if act is not None:
                act(self, message)
            else:
                self.people.told(message)

    def _registers(self, message: Message) -> None:
        for line in self.registration.heard(message):
            self.send(line)
        self.people.names.tagged = "account-tag" in self.enabled
        if self.registration.failed:
            self.why = self.registration.failed
        elif self.registration.welcome and not self.ready:
            self.ready = True
            self._tried = self._now()
            if self.network.lobby:
                self._join()
            self.log.info("{network}: in, as {nick}", network=self.network.name, nick=self.nick)
            if self.registration.refused:
                self.log.warn(
                    "{network}: not logged in: {why}", network=self.network.name, why=self.registration.refused
                )
            self.door.ready(self)

    def _supports(self, message: Message) -> None:
        """005: what the network can do."""
        for said in message.params[1:]:
            key, _, value = said.partition("=")
            number = int(value[:6]) if value.isascii() and value.isdigit() else 0
            if key == "CASEMAPPING":
                self.people.names.use(value.lower())
            elif key == "MONITOR":
                self.people.most_watched = number or 100
            elif key == "HOSTLEN":
                self._widest = USER + min(max(HOST, number), 255)

    def _said(self, message: Message) -> None:
        source = message.sender
        if not source.host or self._is_us(source.nick):
            return  # a server, or our own words
        if is_channel(message.param(0)):
            self.door.said_in_public(self, message.param(0), message.param(1))
        else:
            self.door.said(self, self.people.names.sender(message), message.param(1))

    def _nick(self, message: Message) -> None:
        if self._is_us(message.sender.nick):
            self.registration.nick = message.param(0) or self.nick
            self.people.lobby.renamed(message)
        else:
            self.people.renamed(message)
            self._free(message.sender.nick)

    def _quit(self, message: Message) -> None:
        self.people.quit(message)
        self._free(message.sender.nick)

    def _offline(self, message: Message) -> None:
        for nick in self.people.offline(message):
            self._free(nick)

    def _killed(self, message: Message) -> None:
        if self._is_us(message.param(0)):
            self.why = f"killed by {message.source[:80]}: {message.param(1)[:200]}"

    def _kicked(self, message: Message) -> None:
        self._out(message.param(0), message.param(1), message.param(2))

    def _parted(self, message: Message) -> None:
        """Somebody has left a channel, or was made to: so are we by some operators."""
        self._out(message.param(0), message.sender.nick, message.param(1))

    def _out(self, channel: str, nick: str, why: str) -> None:
        if self._is_us(nick):
            self._kept_out(channel, why)
        elif self.people.lobby.is_it(channel):
            self.people.lobby.left(nick)

    def _refused(self, message: Message) -> None:
        """471 and others: a channel that we wanted to join is full, or closed to us."""
        self._kept_out(message.param(1), message.param(2))

    def _kept_out(self, channel: str, why: str) -> None:
        if self.people.lobby.is_it(channel):
            self.people.lobby.closed()
            self._put_out = self._now()
            self.log.warn(
                "{network}: not in {channel}: {why}; tried again in {wait:g} s", network=self.network.name,
                channel=channel, why=why[:200], wait=self.network.regain,
            )  # fmt: skip

    def _join(self) -> None:
        self._put_out = None
        self.send_soon(form("JOIN", *self.network.lobby.split()))

    def _is_us(self, nick: str) -> bool:
        return self.people.names.same(nick, self.nick)

    # What time brings.

    def _until(self) -> float:
        """Seconds until there is something to do, if nothing comes."""
        now = self._now()
        network = self.network
        moments = [self._heard + (network.lost if self._asked else network.idle)]
        if not self.ready:
            moments.append(self._begun + network.patience / (1 if self._slow else 2))
        elif not self._is_us(network.nick):
            moments.append(self._tried + network.regain)
        if self._put_out is not None:
            moments.append(self._put_out + network.regain)
        wait = min(moments) - now
        if self.ready and self.bucket.wait(now):
            wait = min(wait, self.bucket.wait(now))
        return max(wait, 0.0)

    def _look_at_the_time(self) -> None:
        now, network = self._now(), self.network
        question = self.ready and self._window.question()
        if question:
            self.send(form("PING", question))
        if now - self._heard >= network.lost:
            self.why = self.why or f"nothing was heard for {network.lost:g} s"
        elif now - self._heard >= network.idle and not self._asked:
            self._asked = True
            self.send(form("PING", network.name))
        if not self.ready and now - self._begun >= network.patience:
            self.why = self.why or f"the server has not let us in within {network.patience:g} s"
        elif not self.ready and not self._slow and now - self._begun >= network.patience / 2:
            self._slow = True
            for line in self.registration.too_slow():
                self.send(line)
        elif self.ready and not self._is_us(network.nick) and now - self._tried >= network.regain:
            self._regain()
        if self._put_out is not None and now - self._put_out >= network.regain:
            self._join()

    def _free(self, nick: str) -> None:
        """A nickname is free now."""
        if self.ready and not self._is_us(self.network.nick) and self.people.names.same(nick, self.network.nick):
            self._regain()

    def _regain(self) -> None:
        """Try to get the nickname that we are known by."""
        self._tried = self._now()
        self.send_soon(form("NICK", self.network.nick))


_TAKES: dict[str, Callable[[Session, Message], object]] = {
    "005": Session._supports,
    "731": Session._offline,
    **dict.fromkeys(("471", "473", "474", "475", "477"), Session._refused),
    "KICK": Session._kicked,
    "KILL": Session._killed,
    "NICK": Session._nick,
    "PART": Session._parted,
    "PRIVMSG": Session._said,
    "QUIT": Session._quit,
}
"""What else is told is about people."""
