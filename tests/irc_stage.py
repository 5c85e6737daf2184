"""What tests of IRC have in hand: a world, our own server with the game on it, people who chat; or a server by script.

All of it on one clock, and none of it on a network.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from adventure.seats import Refused
from occwserv.irc.door import Door
from occwserv.irc.link import Lines, Link, joined
from occwserv.irc.message import Message, parse
from occwserv.irc.network import Network
from occwserv.irc.server.service import Server
from occwserv.irc.session import Session
from occwserv.settings import Irc, IrcNetwork, IrcServer

from .test_adventure_seats import SeatsTestCase

QUICK = {"rate": 50.0, "burst": 100, "unread": 2**30}


class Log:
    """A log that is looked at."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, text: str, **values: Any) -> None:
        self.said.append(text.format(**values))

    warn = error = info

    def failure(self, text: str, **values: Any) -> None:
        raise AssertionError(text)


class Client:
    """One end of a link, without a mind: what is said to it is kept."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.raw: list[bytes] = []
        self._lines = Lines()

    def send(self, *lines: str | bytes) -> None:
        for line in lines:
            self.link.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    @property
    def lines(self) -> list[bytes]:
        """What was said, and not looked at before."""
        while self.link.pieces.held:
            self.raw += self._lines.split(self.link.went_on(self.link.pieces.receive_now()))
        said, self.raw = self.raw, []
        return said

    @property
    def messages(self) -> list[Message]:
        return [parse(line.decode("utf-8", "replace")) for line in self.lines]

    def texts(self, command: str = "PRIVMSG") -> str:
        """The texts of messages of a kind."""
        return "\n".join(each.params[-1] for each in self.messages if each.command == command)


class IrcTestCase(SeatsTestCase):
    """A world with the IRC door."""

    def setUp(self) -> None:
        super().setUp()
        self.log = Log()
        self.door = self.new_door()

    def new_door(self) -> Door:
        game = SimpleNamespace(seats=self.seats, plan=self.world.plan)
        return Door(self.scheduler, self.clock.seconds, lambda: game, Refused, self.log)

    def session(self, link: Link, **settings: Any) -> Session:
        network = replace(Network.of(Irc(), IrcNetwork(server="net")), **{**QUICK, **settings})
        session = Session(link, network, self.door, self.clock.seconds, lambda: "nonce", self.log)
        self.scheduler.spawn(session.run())
        return session


class ServedTestCase(IrcTestCase):
    """The same, on our own server."""

    limits = IrcServer()

    def setUp(self) -> None:
        super().setUp()
        self.server = Server(self.scheduler, self.clock.seconds, lambda: 1e9, self.limits, "test 1", ["hello"])
        self.us = self.session(self.server.connect())
        self.settle()

    def tearDown(self) -> None:
        self.server.end("over")
        super().tearDown()

    def connect(self, address: str = "10.0.0.1") -> Client:
        ours, theirs = joined(secure=False)
        self.server.enter(theirs, address)
        return Client(ours)

    def chatter(self, nick: str, address: str = "", user: str = "") -> Client:
        """Somebody who is on the server."""
        client = self.connect(address or f"{nick}.example")
        client.send(f"NICK {nick}", f"USER {user or nick} 0 * :{nick}")
        self.settle()
        self.assertIn("376", [each.command for each in client.messages])
        return client

    def write(self, client: Client, *texts: str, seconds: float = 1) -> str:
        """What the game answers to somebody who writes to it."""
        for text in texts:
            client.texts()
            client.send(f"PRIVMSG occgam :{text}")
            self.after(seconds, 0.05)
        return client.texts()


class ScriptedTestCase(IrcTestCase):
    """The same, against a server that says what the test says."""

    def setUp(self) -> None:
        super().setUp()
        self.us, self.them = self.dial()

    def dial(self, **settings: Any) -> tuple[Session, Client]:
        """A connection."""
        ours, theirs = joined(secure=settings.pop("secure", True))
        session = self.session(ours, **settings)
        self.settle()
        return session, Client(theirs)

    def say(self, *lines: str | bytes) -> list[str]:
        """What the session says to some lines."""
        self.them.send(*lines)
        self.settle()
        return self.said()

    def said(self) -> list[str]:
        self.settle()
        return [line.decode() for line in self.them.lines]

    def let_in(self, *supports: str) -> None:
        """Welcome the session."""
        self.say("CAP * LS :", ":s 001 occgam :Welcome", f":s 005 occgam {' '.join(supports)} :are supported")
