"""A real server under every reactor, and what it does on SIGTERM, SIGINT and SIGUSR1; its access log."""

import json
import os
import re
import signal
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from .serving import STATS, Serving

PAGE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
COMBINED = re.compile(
    r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:[\d:]{8} \+0000\] "([^"]*)" (\d{3}) (\d+) "[^"]*" "[^"]*"'
)


def site(folder: Path) -> Path:
    """A front page in a folder."""
    (folder / "index.html").write_text("hello")
    return folder


class Reactors(Serving, SynchronousTestCase):
    """Whatever reactor runs, the same is seen from outside."""

    def serve(self, reactor: str | None, name: str) -> None:
        """Everything once, under one reactor."""
        folder = site(self.new_folder())
        large = os.urandom(5_000_000)
        (folder / "large").write_bytes(large)
        server = self.start("--root", ".", folder=folder, reactor=reactor)
        client = self.connect(server)
        self.assertEqual(json.loads(client.send(STATS).answer().body)["server"]["reactor"], name)
        answer = client.send(LARGE).answer()
        self.assertEqual((answer.status, answer["content-length"]), (200, "5000000"))
        self.assertTrue(answer.body == large, "the large file is not what it was")
        client.send(PAGE + LARGE + PAGE.replace(b"GET", b"HEAD") + PAGE)
        bodies = [client.answer(method).body for method in ("GET", "GET", "HEAD", "GET")]
        self.assertTrue(bodies == [b"hello", large, b"", b"hello"], "the answers are mixed up")
        server.tell(signal.SIGHUP)
        server.wait_for("the settings are reloaded")
        self.assertEqual(client.send(PAGE).answer().body, b"hello")
        self.assertEqual(self.get(server, "/").body, b"hello")
        client.close()
        self.assertEqual(server.stop(signal.SIGTERM), 0)
        self.assertNotIn("Traceback", server.output)
        self.assertEqual(server.output.count('"GET /large HTTP/1.1" 200 5000000'), 2)

    def test_the_default_is_asyncio_on_uvloop(self) -> None:
        self.serve(None, "AsyncioSelectorReactor")

    def test_epoll(self) -> None:
        self.serve("epoll", "EPollReactor")

    def test_asyncio(self) -> None:
        self.serve("asyncio", "AsyncioSelectorReactor")

    def test_sigint_ends_it_well_under_each(self) -> None:
        for reactor in (None, "epoll", "asyncio"):
            server = self.start(reactor=reactor)
            self.get(server, "/")  # until the reactor runs, signals do what they do to any program
            self.assertEqual(server.stop(signal.SIGINT), 0, reactor)
            self.assertNotIn("Traceback", server.output)


class Ending(Serving, SynchronousTestCase):
    """SIGTERM: nobody new, those who are here are served to the end, but not for ever."""

    def download(self, grace: str, reactor: str | None = None):
        """A client in the middle of a download, of which most is still in the server's hands."""
        folder = site(self.new_folder())
        with open(folder / "large", "wb") as file:
            file.truncate(64 << 20)
        server = self.start("--root", ".", "--set", f"shutdown.grace={grace}", folder=folder, reactor=reactor)
        client = self.connect(server, window=65536)
        self.assertIn(b"Content-Length: 67108864\r\n", client.send(LARGE).take(1000))
        return server, client

    def complete(self, reactor: str | None) -> None:
        server, client = self.download("30", reactor)
        idle = self.connect(server)
        idle.send(PAGE).answer()
        server.tell(signal.SIGTERM)
        server.wait_for("Port .* Closed")
        self.assert_refused(server.port)
        self.assertEqual(idle.rest(), b"")
        rest = client.rest()  # at the end of this answer all others have been told farewell
        self.assertGreater(len(rest), 67108864 - 1000)
        self.assertEqual(server.end(), 0)
        self.assertIn('"GET /large HTTP/1.1" 200 67108864', server.output)
        self.assertNotIn("cut off", server.output)

    def test_a_download_under_way_is_completed(self) -> None:
        self.complete(None)

    def test_a_download_under_way_is_completed_under_epoll(self) -> None:
        self.complete("epoll")

    def test_a_download_is_cut_off_when_the_grace_is_over(self) -> None:
        server, client = self.download("0.5")
        self.assertEqual(server.stop(), 0)
        self.assertIn("cut off 127.0.0.1 after the grace", server.output)
        self.assertLess(len(client.cut_off()), 67108864 - 1000)

    def test_a_request_that_was_on_its_way_is_answered_and_the_connection_closed(self) -> None:
        server = self.start("--root", ".", folder=site(self.new_folder()))
        kept, early = self.connect(server), self.connect(server)
        kept.send(PAGE).answer()
        early.send(PAGE[:10])
        self.until(server, lambda figures: figures["connections"]["open"] == 3)
        # Stopped, the server finds the signal and the requests at the same moment.
        server.tell(signal.SIGSTOP)
        server.tell(signal.SIGTERM)
        kept.send(PAGE)
        early.send(PAGE[10:])
        late = self.connect(server).send(PAGE)
        server.tell(signal.SIGCONT)
        for client in (kept, early, late):
            answer = client.answer()
            self.assertEqual((answer.status, answer.body), (200, b"hello"))
            self.assertEqual(client.rest(), b"")
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.output.count('"GET / HTTP/1.1" 200 5 '), 4)

    def test_idle_clients_are_left_and_do_not_hold_it_up(self) -> None:
        server = self.start("--root", ".", "--set", "shutdown.grace=25", folder=site(self.new_folder()))
        used, unused = self.connect(server), self.connect(server)
        used.send(PAGE).answer()
        self.until(server, lambda figures: figures["connections"]["open"] == 3)
        self.assertEqual(server.stop(), 0)
        self.assertEqual((used.rest(), unused.rest()), (b"", b""))
        self.assertNotIn("cut off", server.output)


class AccessLog(Serving, SynchronousTestCase):
    """The log of requests, as a file."""

    def setUp(self) -> None:
        self.folder = self.new_folder()
        (self.folder / "root").mkdir()
        site(self.folder / "root")
        self.log = self.folder / "access.log"

    def serve(self, *options: str):
        return self.start("--root", "root", "--set", "log.access=access.log", *options, folder=self.folder)

    def test_there_is_exactly_one_line_for_each_request(self) -> None:
        server = self.serve()
        wanted = {
            PAGE: ("GET / HTTP/1.1", "200", "5"),
            PAGE.replace(b"GET", b"HEAD"): ("HEAD / HTTP/1.1", "200", "0"),
            PAGE.replace(b"/ ", b"/gone?a=b "): ("GET /gone?a=b HTTP/1.1", "404", None),
            PAGE.replace(b"GET", b"BREW"): ("BREW / HTTP/1.1", "501", None),
            PAGE.replace(b"1.1", b"3.0"): ("GET / HTTP/3.0", "505", None),
            PAGE.replace(b"/ ", b"/a/../b "): ("GET /a/../b HTTP/1.1", "400", "0"),
            b'\x16\x03\x01\x02"\\ \xff\r\n': (r"\x16\x03\x01\x02\x22\x5c \xff", "400", None),
        }
        for data in wanted:
            client = self.connect(server)
            client.send(data).finish()
            client.cut_off()
        many = self.connect(server)
        many.send(PAGE * 300).finish()
        self.assertEqual(len(many.answers()), 300)
        self.assertEqual(server.stop(), 0)
        lines = [COMBINED.fullmatch(line) for line in self.log.read_text().splitlines()]
        self.assertNotIn(None, lines)
        found = [line.groups() for line in lines]
        self.assertEqual(found.count(("GET / HTTP/1.1", "200", "5")), 301)
        self.assertEqual(len(found), 300 + len(wanted))
        for line, status, sent in wanted.values():
            (bytes_sent,) = {each[2] for each in found if each[:2] == (line, status)}
            self.assertIn(sent, (bytes_sent, None))

    def test_sigusr1_opens_a_log_that_was_moved_again_and_no_line_is_lost(self) -> None:
        server = self.serve()
        self.get(server, "/?first")
        self.until(server, lambda _: self.log.exists())
        moved = self.log.rename(self.folder / "moved.log")
        server.tell(signal.SIGUSR1)
        self.until(server, lambda _: self.log.exists())
        self.get(server, "/?second")
        total = self.figures(server)["requests"]["total"] + 1
        self.assertEqual(server.stop(), 0)
        old, new = moved.read_text(), self.log.read_text()
        self.assertEqual((old.count("/?first"), old.count("/?second")), (1, 0))
        self.assertEqual((new.count("/?first"), new.count("/?second")), (0, 1))
        self.assertEqual(old.count("\n") + new.count("\n"), total)

    def test_a_log_that_can_not_be_written_holds_nobody_up_and_is_told_once(self) -> None:
        if not Path("/dev/full").exists():
            raise SkipTest("there is no /dev/full")
        self.log.symlink_to("/dev/full")
        server = self.serve()
        for _ in range(3):  # each time another batch of lines that can not be written
            before = self.figures(server)["log"]["failed"]
            self.until(server, lambda figures, before=before: figures["log"]["failed"] > before)
        self.assertEqual(self.get(server, "/").body, b"hello")
        self.log.unlink()
        server.tell(signal.SIGUSR1)
        log = self.until(server, lambda figures: figures["log"]["written"])["log"]
        self.assertGreater(log["failed"], 2)
        self.assertEqual(log["dropped"], 0)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.output.count(f"the access log {self.log} can not be written: "), 1)
        self.assertIn('"GET /stats.json HTTP/1.1" 200', self.log.read_text())

    def test_rotation_keeps_as_many_files_as_it_is_told(self) -> None:
        server = self.serve("--set", "log.rotate=20000", "--set", "log.keep=2")
        client = self.connect(server)
        for _ in range(6):
            client.send(PAGE * 256)  # as many lines as are handed over at once
            self.assertEqual({client.answer().status for _ in range(256)}, {200})
            handed = client.send(STATS).answer() and self.figures(server)["requests"]["total"] // 256 * 256
            self.until(server, lambda figures, handed=handed: figures["log"]["written"] >= handed)
        client.close()
        self.assertEqual(server.stop(), 0)
        names = sorted(path.name for path in self.folder.iterdir() if path.is_file())
        self.assertEqual(names, ["access.log", "access.log.1", "access.log.2"])
        for name in names:
            self.assertTrue(all(map(COMBINED.fullmatch, (self.folder / name).read_text().splitlines())))
