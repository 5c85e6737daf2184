"""`python -m tests.soak_irc [LINES]`: the game says a thousand lines on ngIRCd and on InspIRCd, penalties on.

Forty players ask for more than may be said, all the time. Between the game and the server there is a go-between that
counts the game's lines and asks it every second whether it is there: what it measures is how long the answer takes.
"""

import selectors
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .irc_programs import Ircd, inspircd, ngircd
from .serving import HERE, Server

PLAYERS = 40
PACE = 1.0


class Line:
    """A socket whose lines are read as they come."""

    def __init__(self, found: socket.socket, selector: selectors.BaseSelector, heard: Callable[[bytes], None]) -> None:
        self.socket, self.heard, self.begun, self.open = found, heard, b"", True
        found.setblocking(False)
        self._waits = b""
        self._selector = selector
        selector.register(found, selectors.EVENT_READ, self)

    def read(self) -> None:
        try:
            data = self.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.open = False
            self._selector.unregister(self.socket)
            return
        *lines, self.begun = (self.begun + data).split(b"\n")
        for line in lines:
            self.heard(line.rstrip(b"\r"))

    def send(self, line: bytes) -> None:
        self._waits += line + b"\r\n"
        with suppress(OSError):
            self._waits = self._waits[self.socket.send(self._waits) :]


class Player:
    """Asks for something whenever the last answer has come."""

    def __init__(self, port: int, number: int, selector: selectors.BaseSelector) -> None:
        self.nick, self.playing = f"p{number}", False
        self.line = Line(socket.create_connection(("127.0.0.1", port)), selector, self.heard)
        self.line.send(f"NICK {self.nick}\r\nUSER {self.nick} 0 * :{self.nick}".encode())

    def heard(self, line: bytes) -> None:
        words = line.split(b" ")
        if words[0] == b"PING":
            self.line.send(b"PONG " + words[1])
        elif words[1:2] in ([b"376"], [b"422"]):
            self.line.send(f"PRIVMSG occgam :start Soak{self.nick}".encode())
        elif words[1:2] == [b"PRIVMSG"]:
            self.playing = True
            self.line.send(b"PRIVMSG occgam :look")


class Between:
    """The go-between."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self.port, self.selector = port, selector
        self.listener = socket.create_server(("127.0.0.1", 0))
        selector.register(self.listener, selectors.EVENT_READ, self)
        self.connections = self.said = self.longest = 0
        self.asked = 0.0
        self.waits: list[float] = []

    def read(self) -> None:
        game, _ = self.listener.accept()
        self.connections += 1
        self.game = Line(game, self.selector, self.from_game)
        self.server = Line(socket.create_connection(("127.0.0.1", self.port)), self.selector, self.game.send)

    def from_game(self, line: bytes) -> None:
        if line.startswith(b"PONG probe"):
            self.waits.append(time.monotonic() - self.asked)
            self.asked = 0.0
            return
        self.said += line.startswith(b"PRIVMSG")
        self.longest = max(self.longest, len(line) + 2)
        self.server.send(line)

    def ask(self) -> None:
        if not self.asked and self.connections and self.game.open:
            self.asked = time.monotonic()
            self.game.send(b"PING probe")


def soak(name: str, ircd: Ircd, folder: Path, lines: int) -> bool:
    """A thousand lines on one server; whether all went well."""
    selector = selectors.DefaultSelector()
    between = Between(ircd.port, selector)
    where = f"tcp:host=127.0.0.1:port={between.listener.getsockname()[1]}"
    game = Server(
        folder, "--listen", HERE, "--set", f"irc.server={where}", "--set", "irc.rate=3", "--set", "adventure.save=null"
    )
    began, asked = time.monotonic(), 0.0
    players: list[Player] = []
    try:
        while between.said < lines and time.monotonic() - began < 3 * lines:
            now = time.monotonic()
            if now - asked > PACE:
                asked = now
                between.ask()
            while "in, as occgam" in game.output and len(players) < PLAYERS:
                players.append(Player(ircd.port, len(players), selector))
            for key, _ in selector.select(0.1):
                key.data.read()
        playing = sum(player.playing and player.line.open for player in players)
        worst = max(between.waits, default=99.0)
        print(
            f"{name}: {between.said} lines in {time.monotonic() - began:.0f} s to {playing} players, the longest of"
            f" {between.longest} bytes; {between.connections} connection; {len(between.waits)} pings answered within"
            f" {worst * 1000:.0f} ms",
            flush=True,
        )
        return between.said >= lines and between.connections == 1 and worst < 1 and "Traceback" not in game.output
    finally:
        if between.connections != 1:
            print(game.output)
        game.kill()
        ircd.kill()


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    good = []
    for name, start in (("ngIRCd", ngircd), ("InspIRCd", inspircd)):
        if shutil.which(name.lower()) is None:
            print(f"{name} is not installed")
            continue
        folder = Path(tempfile.mkdtemp(prefix="occwserv-soak-")).resolve()
        try:
            good.append(soak(name, start(folder), folder, lines))
        finally:
            shutil.rmtree(folder)
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
