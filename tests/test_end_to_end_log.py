"""The access log as a file: one line for each request, whatever the request is and whatever becomes of the file."""

import re
import signal
from pathlib import Path
from urllib.parse import quote

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from .serving import STATS, Serving

PAGE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
COMBINED = re.compile(r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:[\d:]{8} \+0000\] "([^"]*)" (\d{3}) (\d+) "[^"]*" "[^"]*"')


class AccessLog(Serving, SynchronousTestCase):
    """The log of requests, as a file."""

    def setUp(self) -> None:
        self.folder = self.new_folder()
        (self.folder / "root").mkdir()
        (self.folder / "root" / "index.html").write_text("hello")
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
        self.end(server)
        lines = [COMBINED.fullmatch(line) for line in self.log.read_text().splitlines()]
        self.assertNotIn(None, lines)
        found = [line.groups() for line in lines]
        self.assertEqual(found.count(("GET / HTTP/1.1", "200", "5")), 301)
        self.assertEqual(len(found), 300 + len(wanted))
        for line, status, sent in wanted.values():
            (bytes_sent,) = {each[2] for each in found if each[:2] == (line, status)}
            self.assertIn(sent, (bytes_sent, None))

    def test_nothing_in_a_request_can_forge_or_break_a_line(self) -> None:
        server = self.serve()
        forged = '127.0.0.9 - - [01/Jan/2026:00:00:00 +0000] "GET /forged HTTP/1.1" 200 1 "-" "-"'
        odd = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")
        requests = [
            PAGE[:-2] + b"%b: %b\r\n\r\n" % (name, value)
            for name in (b"User-Agent", b"Referer")
            for value in (
                b'" 200 5 "-" "-"', b"\\", b'\\"', b"\x1b[2J\t\xe2\x80\xa8\xff", b"\\n" + forged.encode(), b"",
                b"a\r\n" + forged.encode(), b"a\n" + forged.encode(), b"a\r" + forged.encode(), b"%0a" * 1000,
                *(bytes([byte]) for byte in odd),
            )
        ]  # fmt: skip
        requests += [
            b"%b %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % (method, target)
            for method in (b"GET", b"BREW", b"GE\nT", odd)
            for target in (
                b"/%0a" + quote(forged).encode(),
                b'/"',
                b"/\\",
                b"/a\nb",
                b"/a\rb",
                b"/" + odd,
                b"/a\x1b[2J",
            )
        ]
        for data in (*requests, odd, b"GET / HTTP/1.1\n" + forged.encode() + b"\n\n"):
            client = self.connect(server)
            client.send(data).finish()
            self.assertLessEqual(client.cut_off().count(b"HTTP/1.1 "), 1)
            client.close()
        self.end(server)
        lines = self.log.read_bytes().split(b"\n")
        self.assertEqual(lines.pop(), b"")
        self.assertEqual(len(lines), len(requests) + 2)
        for line in lines:
            self.assertIsNotNone(COMBINED.fullmatch(line.decode("ascii")), line)
            self.assertRegex(line, rb"\A[\x20-\x7e]+\Z")
        self.assertFalse([line for line in lines if line.startswith(b"127.0.0.9")])

    def test_sigusr1_opens_a_log_that_was_moved_again_and_no_line_is_lost(self) -> None:
        server = self.serve()
        self.get(server, "/?first")
        self.until(server, lambda _: self.log.exists())
        moved = self.log.rename(self.folder / "moved.log")
        server.tell(signal.SIGUSR1)
        self.until(server, lambda _: self.log.exists())
        self.get(server, "/?second")
        total = self.figures(server)["requests"]["total"] + 1
        self.end(server)
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
        self.assertEqual(self.end(server).count(f"the access log {self.log} can not be written: "), 1)
        self.assertIn('"GET /stats.json HTTP/1.1" 200', self.log.read_text())

    def test_rotation_keeps_as_many_files_as_it_is_told(self) -> None:
        server = self.serve("--set", "log.rotate=20000", "--set", "log.keep=2")
        client = self.connect(server)
        for _ in range(6):
            client.send(PAGE * 256)  # as many lines as are handed over at once
            self.assertEqual({client.answer().status for _ in range(256)}, {200})
            handed = client.send(STATS).answer() and self.figures(server)["requests"]["total"] // 256 * 256
            self.until(server, lambda figures, handed=handed: figures["log"]["written"] >= handed)
        self.end(server)
        names = sorted(path.name for path in self.folder.iterdir() if path.is_file())
        self.assertEqual(names, ["access.log", "access.log.1", "access.log.2"])
        for name in names:
            self.assertTrue(all(map(COMBINED.fullmatch, (self.folder / name).read_text().splitlines())))
