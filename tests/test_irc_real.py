"""The game on real IRC servers, played by real clients; and one character's friends at all doors."""

import json
import socket
import struct
import urllib.request

from twisted.trial.unittest import SynchronousTestCase

from .irc_programs import Ii, Program, WeeChat, inspircd, ngircd
from .raw_client import PATIENCE
from .serving import HERE, Server, Serving

IN = r"{}: in, as occgam"
LISTENING = r"{}: listening at IPv4Address\(.*port=(\d+)\)"


class IrcTestCase(Serving, SynchronousTestCase):
    """What the tests have in hand."""

    def setUp(self) -> None:
        self.folder = self.new_folder()

    def started(self, made: Program) -> Program:
        self.addCleanup(made.kill)
        return made

    def game(self, *options: str, **irc: object) -> Server:
        """Our server, with these settings of `irc`."""
        chosen = [word for key, value in irc.items() for word in ("--set", f"irc.{key}={json.dumps(value)}")]
        return self.start(*chosen, *options)

    def hand_over(self, ada: Program, ben: Program) -> None:
        """Two players meet, and one gives the other something."""
        ada.write("start Ada", "The Stone Quay")
        ben.write("start Ben", "The Stone Quay")
        ada.write("take rope", "You take the coil of rope")
        ada.write("give rope to ben", "You give the coil of rope to Ben")
        ben.wait_for("Ada gives you the coil of rope|Ada gives .*rope")
        ben.write("i", "You carry a coil of rope")


SAID = (
    b"CAP * LS * :account-tag\r\n", b"CAP * LS :server-time\r\n", b"CAP * ACK :account-tag server-time\r\n",
    b":s 433 * occgam :in use\r\n", b":s 001 occgam_ :Welcome\r\n", b":s 005 occgam_ MONITOR=9 :are supported\r\n",
    b":s 376 occgam_ :End\r\n\xff\xfe\0 half a line",
)  # fmt: skip
RESET = struct.pack("ii", 1, 0)


class HostileServerTests(IrcTestCase):
    """A server that is none, on a real connection."""

    def test_one_that_closes_or_resets_at_each_step_is_tried_again(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        self.addCleanup(listener.close)
        game = self.game(
            server=f"tcp:host=127.0.0.1:port={listener.getsockname()[1]}", reconnect={"first": 0.01, "most": 0.05}
        )
        for steps in range(len(SAID) + 1):
            for reset in (True, False):
                client, _ = listener.accept()
                client.settimeout(PATIENCE)
                with client, client.makefile("rb") as lines:
                    self.assertEqual(lines.readline(), b"CAP LS 302\r\n")
                    client.sendall(b"".join(SAID[:steps]))
                    if steps > 4:
                        client.sendall(b"\r\nPING seen\r\n")
                        self.assertIn(b"PONG seen\r\n", lines)
                    if reset:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client, _ = listener.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b":s 001 occgam :Welcome\r\n:ada!a@h PRIVMSG occgam :help\r\n")
            self.assertTrue(any(line.startswith(b"PRIVMSG ada :I am the door") for line in lines))
            self.assertEqual(game.stop(), 0)
        self.assertNotIn("Traceback", game.output)


class NgircdTests(IrcTestCase):
    """ngIRCd: no extensions, and penalties for who writes fast."""

    def test_two_play_and_the_game_comes_back_when_the_server_does(self) -> None:
        ircd = self.started(ngircd(self.folder))
        game = self.game(server=f"tcp:host=127.0.0.1:port={ircd.port}")
        game.wait_for(IN.format(".*"))
        ada = self.started(Ii(self.folder, ircd.port, "ada"))
        ben = self.started(WeeChat(self.folder, ircd.port, "ben"))
        self.hand_over(ada, ben)
        ircd.kill()
        game.wait_for("not connected: .*; again in")
        self.until(game, lambda figures: figures["game"]["irc"]["players"] == 0)
        ircd = self.started(ngircd(self.folder, ircd.port))
        game.wait_for(IN.format(".*"))
        cyd = self.started(Ii(self.folder, ircd.port, "cyd"))
        cyd.write("start Cyd", "The Stone Quay")
        self.assertEqual(game.stop(), 0, game.output)
        self.assertNotIn("Traceback", game.output)


class InspircdTests(IrcTestCase):
    """InspIRCd: TLS, capabilities, MONITOR."""

    def test_two_play_and_one_is_missed(self) -> None:
        ircd = self.started(inspircd(self.folder))
        trusted = f"tls:host=localhost:port={ircd.tls}:trustRoots={self.folder}/trusted"
        game = self.game(server=[trusted, f"tls:host=localhost:port={ircd.tls}"], nick="occgam")
        game.wait_for(IN.format(".*trustRoots.*"))
        self.assertRegex(game.output + game.wait_for("not connected: ").string, "(?s)certificate verify failed")
        ada = self.started(Ii(self.folder, ircd.port, "ada"))
        ben = self.started(WeeChat(self.folder, ircd.tls, "ben", tls=True))
        self.hand_over(ada, ben)
        ada.command("/n ada2")
        ada.wait_for("NICK :?ada2")
        self.until(game, lambda figures: figures["game"]["irc"]["players"] == 1)  # MONITOR told it


class DoorsTests(IrcTestCase):
    """All doors at once, with nothing configured but the ports."""

    def test_an_object_goes_round(self) -> None:
        game = self.game("--set", f"telnet.listen={HERE}", serve=HERE)
        ports = {}
        for _ in range(2):
            found = game.wait_for(r"(irc.serve|telnet.listen): listening at IPv4Address\(.*port=(\d+)\)")
            ports[found[1]] = int(found[2])
        self.until(game, lambda figures: figures["game"]["irc"]["reached"])
        ada = self.started(Ii(self.folder, ports["irc.serve"], "ada"))
        ada.write("start Ada", "The Stone Quay")
        telnet = self.connect(ports["telnet.listen"])
        telnet.send(b"Ben\r\n").until(b"The Stone Quay")
        web = Web(game.port, "Cyd")
        ada.write("take rope", "You take the coil of rope")
        ada.write("give rope to ben", "You give the coil of rope to Ben")
        telnet.send(b"give rope to cyd\r\n").until(b"You give the coil of rope to Cyd")
        web.play("give rope to ada")
        ada.wait_for("Cyd gives")
        ada.write("i", "You carry a coil of rope")


class Web:
    """A player with a browser."""

    def __init__(self, port: int, name: str) -> None:
        self._place = f"http://127.0.0.1:{port}/ogi/adventure"
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open
        self._open(self._place, f"name={name}".encode()).close()

    def play(self, line: str) -> None:
        self._open(self._place, f"command={line.replace(' ', '+')}".encode()).close()
