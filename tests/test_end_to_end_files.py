"""What of a folder is served, byte for byte, and what never is, however it is asked for."""

import html.parser
import os
import socket
import time
from pathlib import Path
from urllib.parse import quote, unquote

from twisted.trial.unittest import SynchronousTestCase

from .raw_client import PATIENCE, Answer
from .serving import Shared

SECRET = b"SECRET"
NAMES = (
    "a b.txt", "ü.txt", "日本", "100%.txt", "a?b#c", "a:b", "a;b=c", "'q'", '"q"', "<b>&amp;", "+", "~", "a,b",
    "x%41", "[1]", "{1}", "^`|", "@", "$HOME", "..a", "a..", "evil.example", "javascript:alert(1)", "noext.",
)  # fmt: skip


class Links(html.parser.HTMLParser):
    """The links of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag: str, attributes: list) -> None:
        if tag == "a":
            self.found.append(dict(attributes)["href"])


class Files(Shared, SynchronousTestCase):
    """A root with everything in it that a root can have; folders are listed."""

    options = ("--set", "static.listing=true")

    @classmethod
    def fill(cls, root: Path) -> None:
        outside = root.parent / "outside"
        (outside / "inner").mkdir(parents=True)
        (outside / "secret.txt").write_bytes(SECRET)
        (outside / "inner" / "secret.txt").write_bytes(SECRET)
        (root / "index.html").write_text("front")
        (root / "page.txt").write_text("page")
        for folder in ("plain", "names", ".git", ".well-known", "evil.example", "index.html.d"):
            (root / folder).mkdir()
        for place in (".hidden", ".git/config", "plain/.htpasswd", ".well-known/.hidden", ".html"):
            (root / place).write_bytes(SECRET)
        (root / ".well-known" / "security.txt").write_text("well known")
        for name in NAMES:
            (root / "names" / name).write_text(f"this is {name}")
        (root / "names" / "line\nend").write_bytes(SECRET)
        with open(os.fsencode(root / "names") + b"/\xff", "wb") as file:
            file.write(b"not UTF-8")
        special = root / "special"
        special.mkdir()
        os.mkfifo(special / "fifo")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(special / "socket"))
        for name, target in (
            ("zero", "/dev/zero"), ("terminal", "/dev/tty"), ("out", "../../outside/secret.txt"), ("folder", outside),
            ("passwd", "/etc/passwd"), ("nowhere", "gone"), ("circle", "circle"), ("up", ".."), ("root", "/"),
            ("fifo-link", "fifo"), ("in", "../page.txt"), ("in-folder", "../plain"), ("absolute", root / "page.txt"),
        ):  # fmt: skip
            (special / name).symlink_to(target)
        (root / "plain" / "inside.txt").write_text("inside")

    def ask(self, target: str | bytes, *lines: str) -> Answer:
        """The answer for a target exactly as it is written."""
        raw = target if isinstance(target, bytes) else target.encode("latin-1")
        client = self.connect(self.server)
        client.send(b"GET %b HTTP/1.1\r\n" % raw, *(f"{line}\r\n".encode("latin-1") for line in lines))
        answer = client.send(b"Host: good.example\r\nConnection: close\r\n\r\n").answer()
        self.assertNotIn(SECRET, answer.body, target)
        client.close()
        return answer

    def test_every_name_a_file_can_have_is_served_when_it_is_escaped(self) -> None:
        for name in NAMES:
            answer = self.ask(f"/names/{quote(name)}")
            if name.startswith("."):
                self.assertEqual(answer.status, 404, name)
            else:
                self.assertEqual((answer.status, answer.body), (200, f"this is {name}".encode()), name)
        self.assertEqual(self.ask("/names/%ff").body, b"not UTF-8")
        self.assertEqual(self.ask("/names/%61%20b.t%78t").body, b"this is a b.txt")
        self.assertEqual(self.ask("/names/line%0aend").status, 404)

    def test_a_listing_leads_to_every_file_and_shows_no_hidden_or_special_one(self) -> None:
        page = self.ask("/names/").body
        self.assertNotIn(b"<b>&amp;</a>", page)
        links = [link for link in Links(page).found if link != "../"]
        served = [name for name in NAMES if not name.startswith(".")]
        seen = []
        for link in links:
            self.assertTrue(link.startswith("./"), link)
            answer = self.ask(f"/names/{link[2:]}")
            if answer.status == 200 and answer.body != b"not UTF-8":
                self.assertEqual(answer.body.decode(), f"this is {unquote(link[2:])}")
                seen.append(unquote(link[2:]))
        self.assertEqual(sorted(seen), sorted(served))
        self.assertEqual(set(Links(self.ask("/special/").body).found) & {"./fifo", "./socket", "./zero"}, set())
        self.assertNotIn(b".htpasswd", self.ask("/plain/").body)
        self.assertIn(b"inside.txt", self.ask("/plain/").body)

    def test_hidden_files_are_not_served_but_for_the_well_known(self) -> None:
        for target in (
            "/.hidden", "/.git/config", "/.git/", "/.git", "/plain/.htpasswd", "/.html", "/%2ehidden",
            "/%2Egit/config", "//.hidden", "/plain//.htpasswd", "/.well-known/.hidden", "/./page.txt", "/plain/.",
            "/.",
        ):  # fmt: skip
            self.assertEqual(self.ask(target).status, 404, target)
        self.assertEqual(self.ask("/.well-known/security.txt").body, b"well known")

    def test_nothing_above_the_root_is_served(self) -> None:
        dots = (
            "..",
            "%2e%2e",
            "%2E.",
            ".%2e",
            "%2e%2E",
            "..%00",
            "..%01",
            "%c0%ae%c0%ae",
            "%252e%252e",
            "..;",
            "...",
        )
        slashes = ("/", "%2f", "%2F", "\\", "%5c", "%5C", "%c0%af", "%252f", "//", "/./")
        for dot in dots:
            for slash in slashes:
                for start in ("/", "/plain/", "//"):
                    target = f"{start}{dot}{slash}outside{slash}secret.txt"
                    if "/../" in target:
                        continue
                    self.assertIn(self.ask(target).status, (400, 404), target)
        for target in ("/../outside/secret.txt", "/plain/../../outside/secret.txt", "/plain/../page.txt"):
            client = self.connect(self.server)
            self.assertEqual(client.send(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode()).cut_off(), b"")

    def test_odd_paths_are_refused(self) -> None:
        for target, status in (
            ("/page.txt%00", 400), ("/page.txt%00.html", 400), ("/page\\txt", 404), ("/page%5ctxt", 404),
            ("/page.txt%0a", 404), ("/page.txt%0d%0aX: y", 400), ("/page.txt%7f", 404), ("/page.txt/", 404),
            ("/page.txt/x", 404), ("/plain%2finside.txt", 404), ("/" + "a" * 256, 404), ("/" + "a/" * 3000, 404),
            ("/page.txt ", 400), ("/Page.txt", 404), ("/page.txt.", 404), ("/page.txt::$DATA", 404),
        ):  # fmt: skip
            self.assertEqual(self.ask(target).status, status, target)
        self.assertEqual(self.ask("//page.txt").body, b"page")
        self.assertEqual(self.ask("/plain///inside.txt?x=/../y").body, b"inside")

    def test_a_missing_page_is_told_by_a_page_that_escapes_what_was_asked(self) -> None:
        answer = self.ask("/%3Cscript%3Ealert(1)%3C/script%3E")
        self.assertEqual((answer.status, answer["content-type"]), (404, "text/html; charset=utf-8"))
        self.assertIn(b"<h1>404 Not Found</h1>", answer.body)
        self.assertNotIn(b"<script>", answer.body)

    def test_a_symbolic_link_within_the_root_is_followed_and_one_that_leaves_it_is_not(self) -> None:
        for path in ("in", "absolute", "up/page.txt"):
            self.assertEqual(self.ask(f"/special/{path}").body, b"page", path)
        self.assertEqual(self.ask("/special/in-folder/inside.txt").body, b"inside")
        self.assertEqual(self.ask("/special/in-folder/").status, 200)
        for path in (
            "out",
            "passwd",
            "folder/secret.txt",
            "folder/inner/secret.txt",
            "root/etc/passwd",
            "up/special/out",
        ):
            self.assertEqual(self.ask(f"/special/{path}").status, 403, path)
        for path in ("folder/", "folder/inner/", "root/", "root/etc/"):
            answer = self.ask(f"/special/{path}")
            self.assertEqual(answer.status, 403, path)
            self.assertNotIn(b"secret", answer.body)
        self.assertEqual(self.ask("/special/nowhere").status, 404)
        self.assertIn(self.ask("/special/circle").status, (403, 404))

    def test_only_regular_files_are_opened(self) -> None:
        for name in ("fifo", "fifo-link", "socket", "zero", "terminal"):
            for lines in ((), ("Range: bytes=0-9",)):
                self.assertEqual(self.ask(f"/special/{name}", *lines).status, 403, name)
        self.assertEqual(self.ask("/").body, b"front")

    def test_a_redirect_never_leads_to_another_site(self) -> None:
        for target, location in (
            ("/plain", "/plain/"),
            ("/plain?a=b&c=//d", "/plain/?a=b&c=//d"),
            ("/plain?", "/plain/?"),
            ("//plain", "/plain/"),
            ("////evil.example", "/evil.example/"),
            ("//evil.example", "/evil.example/"),
            ("//evil.example?x", "/evil.example/?x"),
            ("/%65vil.example", "/evil.example/"),
            ("http://evil.example/plain", "/plain/"),
            ("http://evil.example//plain", "/plain/"),
            ("/index.html.d", "/index.html.d/"),
        ):
            answer = self.ask(target)
            self.assertEqual((answer.status, answer["location"]), (301, location), target)
        for target in (
            "//evil.example/..", "//evil.example/%2e%2e", "/%2fevil.example", "/%2f%2fevil.example",
            "/%5cevil.example", "/\\evil.example", "//evil.example/%2f..", "/%09/evil.example",
            "///evil.example/%2e%2e", "/.//evil.example", "/%0d%0aLocation:%20http://evil.example",
            "/plain%0d%0aX:y", "/plain%0aX", "//good.example@evil.example/..",
        ):  # fmt: skip
            self.assertNotIn("location", self.ask(target), target)

    def test_a_packed_neighbour_that_is_older_than_its_page_is_not_sent(self) -> None:
        for name, age in (("new.html", 10), ("old.html", -10)):
            page, packed = self.root / name, self.root / f"{name}.gz"
            page.write_text("plain")
            packed.write_text("packed")
            now = page.stat().st_mtime
            os.utime(packed, (now + age, now + age))
        fresh = self.ask("/new.html", "Accept-Encoding: gzip")
        self.assertEqual((fresh.body, fresh["content-encoding"], fresh["vary"]), (b"packed", "gzip", "Accept-Encoding"))
        self.assertEqual(fresh["content-type"], "text/html; charset=utf-8")
        self.assertEqual(self.ask("/new.html", "Accept-Encoding: br, gzip;q=0").body, b"plain")
        stale = self.ask("/old.html", "Accept-Encoding: gzip")
        self.assertEqual(stale.body, b"plain")
        self.assertNotIn("content-encoding", stale)

    def test_a_page_that_changes_is_soon_sent_as_it_is_and_never_half(self) -> None:
        path, client = self.root / "changing.html", self.connect(self.server)
        deadline = time.monotonic() + PATIENCE
        tags = set()
        for text in (b"first", b"second, and longer", b"third"):
            path.write_bytes(text)
            while True:  # what is remembered of a page is looked at again after a second
                self.assertLess(time.monotonic(), deadline, text)
                answer = client.send(b"GET /changing.html HTTP/1.1\r\nHost: a\r\n\r\n").answer()
                if answer.body == text:
                    break
                self.assertIn(answer.body, (b"", b"first", b"second, and longer"))
            tags.add(answer["etag"])
        self.assertEqual(len(tags), 3)
        path.unlink()
        while client.send(b"GET /changing.html HTTP/1.1\r\nHost: a\r\n\r\n").answer().status != 404:
            self.assertLess(time.monotonic(), deadline)

    def test_each_client_gets_the_form_it_takes_however_often_it_asks(self) -> None:
        (self.root / "packed.txt").write_text("plain")
        (self.root / "packed.txt.gz").write_text("packed")
        client = self.connect(self.server)
        for _ in range(5):
            for method in (b"GET", b"HEAD"):
                for taken, form in ((b"gzip", b"packed"), (b"identity", b"plain"), (b"gzip;q=0, br", b"plain")):
                    head = b"%b /packed.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %b\r\n\r\n" % (method, taken)
                    answer = client.send(head).answer(method.decode())
                    self.assertEqual(answer.body, form if method == b"GET" else b"")
                    self.assertEqual(int(answer["content-length"]), len(form))
                    self.assertEqual("content-encoding" in answer, form == b"packed")

    def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection_early(self) -> None:
        size = 64 << 20
        path = self.root / "shrinking"
        with open(path, "wb") as file:
            file.truncate(size)
        client = self.connect(self.server, window=65536)
        client.send(b"GET /shrinking HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        head = client.take(1000)
        self.assertIn(b"Content-Length: %d\r\n" % size, head)
        os.truncate(path, 2000)
        rest = client.cut_off()
        self.assertLess(len(head + rest), size)
        self.assertNotIn(b"HTTP/1.1", rest)
        path.unlink()

    def test_a_file_that_grows_while_it_is_sent_is_sent_as_announced(self) -> None:
        size = 32 << 20
        path = self.root / "growing"
        with open(path, "wb") as file:
            file.truncate(size)
        client = self.connect(self.server, window=65536)
        client.send(b"GET /growing HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        with open(path, "ab") as file:
            file.write(b"more" * 1000)
        answer = client.answer()
        self.assertIn(len(answer.body), (size, size + 4000))
        self.assertEqual(client.answer().body, b"front")
        path.unlink()
