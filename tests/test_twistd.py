"""The command line of `twistd occwserv`: what it says, what it refuses, and what it then serves."""

import contextlib
import os
import re
import select
import signal
import socket
import sys
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from occwserv import __version__

from .raw_client import PATIENCE
from .serving import HERE, REPOSITORY, SERVING, TWISTD, Serving, run, twistd

SHIPPED = REPOSITORY / "public_html"
HEAVY = {"occwserv.server", "occwserv.config", "jinja2", "msgspec", "uvloop", "twisted.internet.reactor"}


class CommandLine(Serving, SynchronousTestCase):
    """What ends by itself, and starts nothing."""

    def setUp(self) -> None:
        self.folder = self.new_folder()

    def says(self, *options: str, status: int = 0) -> str:
        """What `twistd -n occwserv` says with these options, when it ends at once and leaves nothing behind."""
        before = sorted(self.folder.iterdir())
        done = twistd("-n", "occwserv", *options, folder=self.folder)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stdout + done.stderr)
        self.assertNotIn("starting up", done.stdout)
        self.assertEqual(sorted(self.folder.iterdir()), before)
        return done.stderr if status else done.stdout

    def test_help_names_every_option_and_imports_nothing_heavy(self) -> None:
        done = run((sys.executable, "-X", "importtime", TWISTD, "occwserv", "--help"), self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for option in ("--config=", "--root=", "--listen=", "--set=", "--check", "--help", "--version"):
            self.assertIn(option, done.stdout)
        imported = set(re.findall(r"\|\s+([\w.]+)$", done.stderr, re.MULTILINE))
        self.assertIn("occwserv.tap", imported)
        self.assertEqual(imported & HEAVY, set())
        self.assertEqual({name for name in imported if name.endswith("reactor")}, set())

    def test_twistd_lists_the_server_among_its_commands(self) -> None:
        done = twistd("--help", folder=self.folder)
        self.assertRegex(done.stdout, r"(?m)^ *occwserv +A highly concurrent web server")

    def test_version_is_that_of_the_package(self) -> None:
        self.assertEqual(self.says("--version"), f"occwserv {__version__}\n")

    def test_check_says_what_would_be_served(self) -> None:
        (self.folder / "site").mkdir()
        (self.folder / "tap.yaml").write_text("listen: [tcp:81, tcp:82]\nstatic: {root: site}\nstats: {page: null}\n")
        said = self.says("--check")
        for line in ("tcp:81", "tcp:82", str(self.folder / "site"), "/stats.json /metrics", "-"):
            self.assertRegex(said, rf"(?m)^  \w+ +{re.escape(line)}$")

    def test_check_names_the_doors_of_the_game(self) -> None:
        for options, telnet, *irc in (
            ((), "tcp:4000:interface=127.0.0.1", "tcp:6667:interface=127.0.0.1"),
            (("telnet.listen=null", "irc.serve=null"), "none", "none"),
            (("irc.server=[tcp:a:1]", "irc.networks=[{server: 'tcp:b:2'}]", "telnet.listen=null"),
             "none", "tcp:a:1", "tcp:b:2"),
        ):  # fmt: skip
            said = self.says("--check", *(word for option in options for word in ("--set", option)))
            found = re.findall(r"(?m)^  (telnet|irc) +(.+)$", said)
            self.assertEqual(found, [("telnet", telnet), *(("irc", each) for each in irc)])

    def test_an_empty_folder_serves_the_shipped_site(self) -> None:
        said = self.says("--check")
        self.assertIn(str(SHIPPED), said)
        self.assertIn("tcp:8080", said)

    def test_every_mistake_is_told_at_once_with_its_line_and_a_suggestion(self) -> None:
        (self.folder / "tap.yaml").write_text("static:\n  rot: x\nlimits: {head: 3}\nlistn: tcp:1\n")
        wrong = ("--set", "limits.boddy=3", "--set", "shutdown.grace=-1", "--set", "nonsense", "--listen", "nowhere")
        expected = [
            "tap.yaml:2: static.rot: no such setting; did you mean static.root?",
            "tap.yaml:3: limits.head: expected an integer of at least 256, got 3",
            "tap.yaml:4: listn: no such setting; did you mean listen?",
            "--set limits.boddy=3: limits.boddy: no such setting; did you mean limits.body?",
            "--set shutdown.grace=-1: shutdown.grace: expected a number from 0 to 86400, got -1",
            "--set nonsense: expected KEY=VALUE such as limits.body=1048576",
            '--set listen=["nowhere"]: listen[0]: expected an endpoint such as "tcp:8080", got "nowhere"',
        ]
        self.assertEqual(self.says("--check", *wrong, status=1).splitlines(), expected)
        self.assertEqual(self.says(*wrong, status=1).splitlines(), expected)

    def test_what_is_not_there_is_told_at_once(self) -> None:
        said = self.says(
            "--root", "nowhere", "--listen", "carrier:80", "--listen", HERE, "--set", "log.access=no/where",
            "--set", "adventure.world=nowhere.yaml", "--set", f"ogi.root={'o' * 300}", status=1,
        )  # fmt: skip
        for line, problem in zip(
            said.splitlines(),
            [
                'listen[0]: "carrier:80" is not an endpoint such as "tcp:8080": Unknown endpoint type: \'carrier\'',
                f'static.root: "{self.folder}/nowhere" is not a folder',
                f'ogi.root: "{self.folder}/{"o" * 300}" is not a folder',
                f'adventure.world: "{self.folder}/nowhere.yaml" is not a file',
                f'log.access: no file "{self.folder}/no/where" can be written',
            ],
            strict=True,
        ):
            self.assertTrue(line.endswith(f": {problem}"), line)

    def test_a_file_of_settings_that_can_not_be_read_is_named(self) -> None:
        self.assertIn(f"{self.folder}/gone.yaml: can not be read: ", self.says("--config", "gone.yaml", status=1))
        (self.folder / "odd.yaml").write_bytes(b"listen: \xff")
        self.assertIn(f"{self.folder}/odd.yaml: can not be read: ", self.says("-c", "odd.yaml", status=1))

    def test_a_port_in_use_ends_with_a_message_and_leaves_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            endpoint = f"tcp:{other.getsockname()[1]}:interface=127.0.0.1"
            done = twistd("-n", "occwserv", "--listen", HERE, "--listen", endpoint, folder=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, rf"can not listen at {endpoint}: .*Address already in use")
        self.assertNotIn("Traceback", done.stdout + done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_daemon_that_can_not_listen_says_so_to_whoever_started_it(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            endpoint = f"tcp:{other.getsockname()[1]}:interface=127.0.0.1"
            daemon = ("--pidfile", "a.pid", "--logfile", "a.log", "occwserv", "--listen", endpoint)
            done = twistd(*daemon, folder=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"can not listen at {endpoint}", done.stderr)
        until = time.monotonic() + PATIENCE  # it tells its starter first, and removes what it has made behind that
        while (self.folder / "a.pid").exists():
            self.assertLess(time.monotonic(), until, "a.pid is still there")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["a.log"])


class Starting(Serving, SynchronousTestCase):
    """What is served, where, under which settings."""

    def page(self, port: int, path: bytes = b"/") -> bytes:
        """The body of a page."""
        return self.connect(port).send(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path).answer().body

    def site(self, folder: Path, text: str) -> Path:
        """A folder with a front page."""
        folder.mkdir()
        (folder / "index.html").write_text(text)
        return folder

    def test_the_file_in_the_current_folder_is_found_and_its_paths_are_relative_to_it(self) -> None:
        folder = self.new_folder()
        self.site(folder / "site", "from the file")
        (folder / "tap.yaml").write_text("static: {root: site}\nlog: {access: hits.log}\n")
        server = self.start(folder=folder)
        self.assertEqual(self.page(server.port), b"from the file")
        self.end(server)
        self.assertEqual((folder / "hits.log").read_text().count('"GET / HTTP/1.1" 200 13'), 1)

    def test_the_command_line_wins_and_its_paths_are_relative_to_the_current_folder(self) -> None:
        folder = self.new_folder()
        self.site(folder / "here \u2028 🦉", "from the command line")
        (folder / "sub").mkdir()
        self.site(folder / "sub" / "there", "from the file")
        (folder / "sub" / "a.yaml").write_text(
            "listen: tcp:1\nstatic: {root: there, listing: true}\nstats: {json: /a, page: /b}\nlog: {access: a.log}\n"
        )
        server = self.start(
            "--config", "sub/a.yaml", "--root", "here \u2028 🦉", "--set", "log.access=b 🦉.log",
            "--set", "stats.json=/c", "--set", "stats.json=/d", folder=folder,
        )  # fmt: skip
        self.assertEqual(self.page(server.port), b"from the command line")
        self.assertIn(b'"requests"', self.page(server.port, b"/d"))
        self.assertIn(b"<title>Statistics", self.page(server.port, b"/b"))
        self.assertIn(b"404", self.page(server.port, b"/a"))
        self.end(server)
        self.assertEqual((folder / "b 🦉.log").read_text().count("\n"), 4)
        self.assertFalse((folder / "sub" / "a.log").exists())

    def test_a_folder_public_html_is_served_if_it_is_there(self) -> None:
        folder = self.new_folder()
        self.site(folder / "public_html", "of this folder")
        server = self.start(folder=folder)
        self.assertEqual(self.page(server.port), b"of this folder")

    def test_the_shipped_site_is_served_else_at_every_endpoint(self) -> None:
        folder = self.new_folder()
        server = self.start(
            "--listen", "tcp:0:interface=127.0.0.1:backlog=20", "--listen", f"unix:{folder}/sock", folder=folder,
            endpoints=2,
        )  # fmt: skip
        server.wait_for("serving .* at UNIXAddress")
        self.assertEqual(len(set(server.ports)), 2)
        for port in server.ports:
            self.assertEqual(self.page(port), (SHIPPED / "index.html").read_bytes())
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(f"{folder}/sock")
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(client.recv(15), b"HTTP/1.1 200 OK")
        self.end(server)
        self.assertFalse((folder / "sock").exists())


class Daemon(Serving, SynchronousTestCase):
    """Without `-n` the server goes on when twistd has ended."""

    def wait(self, daemon: int) -> None:
        """Wait for the end of a process that is not our child."""
        self.assertTrue(select.select([daemon], [], [], PATIENCE)[0], "the daemon does not end")

    def test_a_daemon_serves_and_sigterm_ends_it_without_a_trace(self) -> None:
        folder = self.new_folder()
        (folder / "index.html").write_text("of a daemon")
        options = ("--pidfile", "a.pid", "--logfile", "a.log", "occwserv", "--listen", HERE, "--root", ".")
        done = twistd(*options, folder=folder)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        daemon = os.pidfd_open(int((folder / "a.pid").read_text()))
        self.addCleanup(os.close, daemon)
        self.addCleanup(self.wait, daemon)
        self.addCleanup(self.kill, daemon)
        # twistd returned when the ports were open, so it has been said where.
        found = re.search(SERVING, (folder / "a.log").read_text())
        client = self.connect(int(found[2]))
        answer = client.send(b'GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: x"\r\n\r\n').answer()
        self.assertEqual((answer.status, answer.body), (200, b"of a daemon"))
        client.close()
        signal.pidfd_send_signal(daemon, signal.SIGTERM)
        self.wait(daemon)
        self.assertFalse((folder / "a.pid").exists())
        log = (folder / "a.log").read_text()
        # A daemon has no standard output: the access log is in its log.
        self.assertEqual(log.count('"GET / HTTP/1.1" 200 11 "-" "x\\x22"\n'), 1)
        self.assertIn("Server Shut Down.", log)
        self.assertNotIn("Traceback", log)

    def kill(self, daemon: int) -> None:
        """End it in any case."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(daemon, signal.SIGKILL)
