"""Pages in memory: the date of each second, and every change noticed within one."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from occwserv.http.dates import http_date
from occwserv.http.head import Limits
from occwserv.http.head import parse_head as parse_request

from .raw_client import Answer, parse_head
from .sockets import NOW, request
from .standstill import ServerTestCase

OLD = b"the old page"


class CachedTestCase(ServerTestCase):
    """A server, a folder, and a clock that is behind the file system's: every folder counts as changed just now."""

    ahead = False

    def setUp(self) -> None:
        super().setUp()
        if self.ahead:
            self.reactor.advance(int(time.time()) + 1000 - NOW)
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = self.folder / "root"
        self.write("page.html", OLD)
        self.begin()

    def begin(self, **sections) -> None:
        super().begin(static={"root": str(self.root)}, **sections)
        self.library = self.listener.site.route(parse_request(request(), Limits()))._library

    def write(self, name: str, content: bytes) -> Path:
        """Write a file, and let the file system's clock go on, so that the next change has another time."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.let_time_tick()
        return path

    def let_time_tick(self) -> None:
        """Let the file system's clock go on."""
        with tempfile.NamedTemporaryFile(dir=self.folder) as probe:
            before = os.fstat(probe.fileno()).st_ctime_ns
            while os.fstat(probe.fileno()).st_ctime_ns == before:
                os.fchmod(probe.fileno(), 0o600)

    def raw(self, path: bytes, *fields: bytes, way: str = "short") -> bytes:
        """All bytes of an answer. In two pieces, a head goes the long way."""
        head = request(path, *fields)
        client = self.connect().send(*((head,) if way == "short" else (head[:9], head[9:])))
        seen = client.take(len(client.sees()))
        client.close()
        self.clients.remove(client)
        return seen

    def ask(self, path: bytes = b"/page.html", *fields: bytes, way: str = "short") -> Answer:
        """An answer, in this second."""
        head, end, body = self.raw(path, *fields, way=way).partition(b"\r\n\r\n")
        answer = parse_head(head + end)
        answer.body = body
        return answer

    def warm(self, path: bytes = b"/page.html", *fields: bytes) -> Answer:
        """Let a page, and the head that asks for it, be remembered."""
        for _ in range(3):
            answer = self.ask(path, *fields)
        return answer

    def cached(self) -> dict[str, int]:
        return self.server.figures()["cache"]


class FreshTests(CachedTestCase):
    """What is said anew in each second."""

    def test_the_date_is_that_of_the_second(self) -> None:
        bodies, dates = set(), []
        for step in (0, 0.25, 0.5, 0.25, 1, 1, 0.9, 0.2, 3600):
            self.reactor.advance(step)
            expected = http_date(int(self.reactor.seconds())).decode()
            for way in ("short", "long", "short"):
                answer = self.ask(way=way)
                self.assertEqual(answer["date"], expected)
                bodies.add(answer.body)
            dates.append(expected)
        self.assertEqual(bodies, {OLD})
        self.assertGreater(len(set(dates)), 5)
        self.assertEqual(self.cached()["cached"], 1)

    def test_nothing_else_changes(self) -> None:
        before = self.warm()
        for _ in range(5):
            self.reactor.advance(1)
            for way in ("short", "long"):
                answer = self.ask(way=way)
                answer.fields, others = (
                    [field for field in each.fields if field[0] != "date"] for each in (answer, before)
                )
                self.assertEqual((answer.fields, answer.body), (others, before.body))

    def test_a_clock_that_is_set_back(self) -> None:
        self.warm()
        for step in (10, -5, -3600, 1):
            self.reactor.rightNow += step
            self.assertEqual(self.ask()["date"], http_date(int(self.reactor.seconds())).decode())


class ChangeTests(CachedTestCase):
    """A change is noticed within a second, however the page is asked for."""

    ACCEPT = b"Accept-Encoding: br"

    def noticed(self, act: Callable[[], object], status: int, body: bytes | None, *fields: bytes) -> None:
        """A page in memory changes; at once or within a second it is answered otherwise, and stays so."""
        before = self.warm(b"/page.html", *fields)
        tag = b"If-None-Match: " + before["etag"].encode()
        self.assertEqual(self.warm(b"/page.html", *fields, tag).status, 304)
        act()
        self.let_time_tick()
        for way in ("short", "long", "short"):
            answer = self.ask(b"/page.html", *fields, way=way)
            self.assertIn((answer.status, answer.body), ((200, before.body), (status, body or answer.body)))
        for step in (1, 0, 0, 1, 1, 1):
            self.reactor.advance(step)
            for way in ("short", "long"):
                answer = self.ask(b"/page.html", *fields, way=way)
                self.assertEqual(answer.status, status, way)
                self.assertEqual(self.ask(b"/page.html", *fields, tag, way=way).status, status, way)
                if body is not None:
                    self.assertEqual(answer.body, body, way)
                    self.assertNotEqual(answer["etag"], before["etag"])

    def test_replaced(self) -> None:
        new = self.write("new", b"the new page, longer")
        self.noticed(lambda: os.replace(new, self.root / "page.html"), 200, b"the new page, longer")

    def test_replaced_by_one_as_long_and_as_old(self) -> None:
        new, facts = self.write("new", OLD.upper()), (self.root / "page.html").stat()
        os.utime(new, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        self.noticed(lambda: os.replace(new, self.root / "page.html"), 200, OLD.upper())

    def test_written_anew(self) -> None:
        self.noticed(lambda: self.write("page.html", OLD.upper()), 200, OLD.upper())

    def test_written_anew_and_made_to_look_as_old(self) -> None:
        def write() -> None:
            facts = (self.root / "page.html").stat()
            self.write("page.html", OLD.upper())
            os.utime(self.root / "page.html", ns=(facts.st_atime_ns, facts.st_mtime_ns))

        self.noticed(write, 200, OLD.upper())

    def test_emptied(self) -> None:
        self.noticed(lambda: os.truncate(self.root / "page.html", 0), 200, b"")

    def test_deleted(self) -> None:
        self.noticed((self.root / "page.html").unlink, 404, None)
        self.assertEqual((self.cached()["cached"], self.cached()["bytes"]), (0, 0))

    def test_deleted_and_back(self) -> None:
        self.noticed((self.root / "page.html").unlink, 404, None)
        self.write("page.html", b"back")
        self.reactor.advance(1)
        self.assertEqual([self.ask(way=way).body for way in ("short", "long", "short")], [b"back"] * 3)

    def test_become_a_folder(self) -> None:
        def act() -> None:
            (self.root / "page.html").unlink()
            (self.root / "page.html").mkdir()

        self.noticed(act, 301, None)

    def test_become_a_way_out_of_the_root(self) -> None:
        def act() -> None:
            (self.folder / "outside").write_bytes(b"secret")
            (self.root / "page.html").unlink()
            (self.root / "page.html").symlink_to(self.folder / "outside")

        self.noticed(act, 403, None)

    def test_a_link_that_leads_elsewhere(self) -> None:
        self.write("v1/page.html", OLD)
        self.write("v2/page.html", b"the second version")
        (self.root / "page.html").unlink()
        (self.root / "page.html").symlink_to("v1/page.html")
        (self.root / "next").symlink_to("v2/page.html")
        self.noticed(lambda: os.replace(self.root / "next", self.root / "page.html"), 200, b"the second version")

    def test_a_whole_folder_that_is_exchanged(self) -> None:
        for version in (b"1", b"2"):
            self.write(f"v{version.decode()}/page.html", OLD + version)
            self.write(f"v{version.decode()}/page.html.br", b"br" + version)
        (self.root / "current").symlink_to("v1")
        (self.root / "next").symlink_to("v2")
        for fields, body in (((), OLD + b"1"), ((self.ACCEPT,), b"br1")):
            self.assertEqual(self.warm(b"/current/page.html", *fields).body, body)
        os.replace(self.root / "next", self.root / "current")
        self.reactor.advance(1)
        for fields, body in (((), OLD + b"2"), ((self.ACCEPT,), b"br2")):
            self.assertEqual(self.ask(b"/current/page.html", *fields).body, body)

    def test_a_new_neighbour(self) -> None:
        self.noticed(lambda: self.write("page.html.br", b"br"), 200, b"br", self.ACCEPT)

    def test_a_new_neighbour_that_was_moved_there(self) -> None:
        new = self.write("elsewhere/new", b"br")
        self.reactor.advance(1)
        os.utime(new, (time.time() + 10, time.time() + 10))
        self.noticed(lambda: os.replace(new, self.root / "page.html.br"), 200, b"br", self.ACCEPT)

    def test_a_neighbour_by_a_link_that_led_nowhere(self) -> None:
        (self.root / "elsewhere").mkdir()
        (self.root / "page.html.br").symlink_to("elsewhere/new")
        for _ in range(3):  # until the page's own folder is known to be as it was
            self.warm(b"/page.html", self.ACCEPT)
            self.reactor.advance(1)
        self.noticed(lambda: self.write("elsewhere/new", b"br"), 200, b"br", self.ACCEPT)

    def test_a_neighbour_that_is_removed(self) -> None:
        neighbour = self.write("page.html.br", b"br")
        self.noticed(neighbour.unlink, 200, OLD, self.ACCEPT)

    def test_a_neighbour_that_changes(self) -> None:
        self.write("page.html.br", b"br")
        self.noticed(lambda: self.write("page.html.br", b"BR"), 200, b"BR", self.ACCEPT)

    def test_a_page_that_becomes_younger_than_its_neighbour(self) -> None:
        self.write("page.html.br", b"br")
        self.noticed(lambda: self.write("page.html", b"the new page"), 200, b"the new page", self.ACCEPT)

    def test_a_neighbour_that_comes_late_in_the_second_of_the_first_request(self) -> None:
        self.assertEqual(self.ask(b"/page.html", b"Range: bytes=0-0").status, 206)
        self.write("page.html.br", b"br")
        self.assertEqual(self.ask(way="long").body, OLD)
        for _ in range(4):
            self.reactor.advance(1)
            self.assertEqual(self.ask(b"/page.html", self.ACCEPT).body, b"br")


class AheadChangeTests(ChangeTests):
    """The same when the file system's clock shows that no folder has changed just now."""

    ahead = True


class UncachedChangeTests(ChangeTests):
    """The same with no page kept in memory."""

    sections = {"cache": {"pages": 0}}

    def noticed(self, *args) -> None:
        super().noticed(*args)
        self.assertEqual(self.cached(), {"cached": 0, "competing": 0, "bytes": 0})
