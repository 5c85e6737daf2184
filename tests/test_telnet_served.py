"""The telnet door of a real server: for raw sockets, for a real MUD client, and beside the web door."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from .raw_client import PATIENCE
from .serving import Serving

TELNET = ("--set", "telnet.listen=tcp:0:interface=127.0.0.1", "--set", "adventure.save=null")
OPEN = r"telnet.listen: listening at .*port=(\d+)"
_GAMES = "/usr/games"  # where Debian has games, and not everybody's PATH


class Talker:
    """A client of a raw socket: no telnet at all."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.said = ""

    def write(self, *lines: str) -> "Talker":
        self.socket.sendall("".join(f"{line}\n" for line in lines).encode())
        return self

    def until(self, text: str) -> str:
        """What it is told up to a text, and with it."""
        while text not in self.said:
            data = self.socket.recv(65536)
            if not data:
                raise AssertionError(f"no {text!r} in {self.said!r}")
            self.said += data.decode("utf-8", "replace")
        told, found, self.said = self.said.partition(text)
        return told + found

    def rest(self) -> str:
        """All it is told, until the server closes."""
        while data := self.socket.recv(65536):
            self.said += data.decode("utf-8", "replace")
        return self.said


class TelnetServing(Serving, SynchronousTestCase):
    """Tests with a server whose telnet door is open."""

    def serve(self, *options: str):
        server = self.start(*TELNET, *options)
        self.telnet = int(server.wait_for(OPEN)[1])
        return server

    def talk(self, *lines: str) -> Talker:
        talker = Talker(self.telnet)
        self.addCleanup(talker.socket.close)
        return talker.write(*lines)


class ServedTests(TelnetServing):
    def test_a_script_plays(self) -> None:
        server = self.serve()
        ada = self.talk("Ada")
        self.assertIn("Welcome to Saltmarrow", ada.until("Ways:"))
        ada.write("get rope", "password secret1").until("protected")
        ada.write("quit")
        self.assertTrue(ada.rest().endswith("Good-bye. Come back soon.\r\n"))
        again = self.talk("ada")
        again.until("Password:")
        again.write("wrong!").until("not the password")
        again.write("ada", "secret1").until("Ways:")
        self.assertIn("coil of rope", again.write("inventory").until("coins"))
        self.assertEqual(self.figures(server)["game"]["players"], {"web": 0, "telnet": 1, "irc": 0})
        self.assertIn('occwserv_game_players{door="telnet"} 1.0', self.get(server, "/metrics").body.decode())
        self.assertIn("telnet", self.get(server, "/stats.html").body.decode())
        self.assertEqual(server.stop(), 0)
        self.assertIn("The server is going down now. What you have is kept.", again.rest())
        self.assertNotIn("Traceback", server.output)

    def test_a_port_that_is_taken_is_a_warning_and_a_reload_mends_it(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            number = taken.getsockname()[1]
            folder = self.new_folder()
            settings = folder / "tap.yaml"
            settings.write_text(f"telnet: {{listen: 'tcp:{number}:interface=127.0.0.1'}}\nadventure: {{save: null}}\n")
            server = self.start(folder=folder, doors=True)
            said = server.wait_for(rf"telnet\.listen: can not listen at tcp:{number}:interface=127\.0\.0\.1: .*")[0]
            self.assertIn("The server goes on without it: name a port that is free", said)
            self.assertEqual(self.get(server, "/").status, 200)
        settings.write_text("telnet: {listen: 'tcp:0:interface=127.0.0.1'}\nadventure: {save: null}\n")
        server.tell(signal.SIGHUP)
        self.telnet = int(server.wait_for(OPEN)[1])
        ada = self.talk("Ada")
        ada.until("Ways:")
        settings.write_text("telnet: {listen: null}\nadventure: {save: null}\n")
        server.tell(signal.SIGHUP)
        server.wait_for("the settings are reloaded")
        self.assert_refused(self.telnet)
        ada.write("say I am still here").until("I am still here")

    def test_a_web_and_a_telnet_player_hand_over_an_object(self) -> None:
        server = self.serve()
        form = "Content-Type: application/x-www-form-urlencoded"

        def post(body: str, *fields: str):
            client = self.connect(server)
            head = ("POST /ogi/adventure HTTP/1.1", "Host: test", form, *fields, f"Content-Length: {len(body)}")
            return client.send("\r\n".join((*head, "", body)).encode()).answer("POST")

        cookie = "Cookie: " + post("name=Wilma")["set-cookie"].split(";")[0]
        ada = self.talk("Ada")
        ada.until("Ways:")
        post("command=get+rope", cookie)
        post("command=give+rope+to+ada", cookie)
        ada.until("Wilma gives you the coil of rope.")
        ada.write("say thank you, Wilma", "give rope to wilma").until("You give the coil of rope to Wilma.")
        page = self.get(server, "/ogi/adventure", cookie).body.decode()
        self.assertIn("thank you, Wilma", page)
        self.assertIn("Ada gives you the coil of rope.", page)
        ada.write("code").until("`link ")
        code = ada.until("`")[:6]
        here_too = self.talk(f"link {code}")
        here_too.until("You are at the telnet door, too.")
        here_too.write("say both of me")
        ada.until("both of me")

    def test_floods_and_rubbish_harm_nobody(self) -> None:
        server = self.serve("--set", "telnet.rate=1000", "--set", "telnet.login=2")
        ada = self.talk("Ada")
        ada.until("Ways:")
        rubbish = (
            os.urandom(200_000), b"x" * 2_000_000, b"\xff\xfa\x18" + b"y" * 2_000_000, b"\xff\xfd\x63" * 300_000,
            b"\n" * 100_000, b"\xff" * 99_999, b"Ben\n" + b"look\n" * 20_000,
            b"\xff\xfb\x18" + b"\xff\xfa\x18\x00zz\xff\xf0" * 50_000,
        )  # fmt: skip
        for data in rubbish:
            with socket.create_connection(("127.0.0.1", self.telnet)) as client:
                client.settimeout(0.2)
                with contextlib.suppress(OSError):  # it is not read any more, or was cut off
                    client.sendall(data)
            ada.write("say still here").until("still here")
        self.until(server, lambda figures: figures["game"]["telnet"]["open"] == 1)
        self.assertNotIn("Traceback", server.output)


class Terminal:
    """A program in a terminal of 100 columns."""

    def __init__(self, program: str, folder: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            [program, "-G"], stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
            env={**os.environ, "TERM": "xterm", "HOME": str(folder), "LANG": "C.UTF-8"},
        )  # fmt: skip
        os.close(slave)
        self.shown = ""

    def write(self, line: str) -> "Terminal":
        os.write(self.master, line.encode() + b"\r")
        return self

    def until(self, pattern: str) -> str:
        """What it shows up to a text, without colours."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.shown)):
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"no {pattern!r} in {self.shown!r}")
            self.shown += os.read(self.master, 65536).decode("utf-8", "replace")
        shown, self.shown = self.shown[: found.end()], self.shown[found.end() :]
        return shown

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


class TintinTests(TelnetServing):
    def test_a_real_client(self) -> None:
        program = shutil.which("tt++") or shutil.which("tt++", path=_GAMES)
        if program is None:
            raise SkipTest("tt++ (Debian: tintin++) is not installed")
        server = self.serve()
        client = Terminal(program, self.new_folder())
        self.addCleanup(client.close)
        client.write("#config {charset} {UTF-8}").write(f"#session s 127.0.0.1 {self.telnet}")
        client.until("Write your name")
        client.write("Ada").until("Ways:")
        client.write("get rope").until("You take the coil of rope")
        client.write("password secret1").until("Your name is protected")
        client.write("quit").until("Good-bye")
        client.write(f"#session t 127.0.0.1 {self.telnet}").until("Write your name")
        client.write("Ada").until("Password:")
        hidden = client.write("secret1").until("Ways:")
        self.assertNotIn("secret1", hidden)
        client.write("inventory").until("coil of rope")
        self.assertEqual(json.loads(self.get(server, "/stats.json").body)["game"]["players"]["telnet"], 1)
        client.write("quit").until("Good-bye")
