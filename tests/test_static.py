"""Files as pages: which target gets which file, and which gets nothing."""

import errno
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from twisted.logger import capturedLogs, formatEvent

from occwserv.http.errors import HTTPError
from occwserv.http.head import Limits, parse_head
from occwserv.resources.download import file_answer
from occwserv.resources.files import Root

from .raw_client import Answer
from .sockets import NOW, request
from .standstill import ServerTestCase

LONG = "n" * 255

FILES = {
    "index.html": b"the front page",
    "page.html": b"a page",
    "a b.txt": b"with a blank",
    "café.txt": b"with an accent",
    "100%.txt": b"with a percent",
    "a?b#c.txt": b"with marks",
    "a:b.txt": b"with a colon",
    'q"uote.txt': b"with a quote",
    "it's+&~.txt": b"with others",
    "nothing": b"",
    "folder/index.html": b"the folder's page",
    "folder/page.html": b"a page in the folder",
    "folder/.hidden": b"secret",
    "empty/.keep": b"secret",
    ".hidden": b"secret",
    ".git/config": b"secret",
    ".well-known/security.txt": b"for everybody",
    "indexed/index.html/page.html": b"the index is a folder",
    "evil.example/index.html": b"a folder like a host",
    "a:b/index.html": b"a folder like a scheme",
    "sp ace%/index.html": b"a folder to be escaped",
    LONG: b"the longest name",
}

TARGETS = [
    # target, status, the body, or for 301 where to
    (b"/", 200, b"the front page"),
    (b"/index.html", 200, b"the front page"),
    (b"/page.html", 200, b"a page"),
    (b"/page.html?query=1", 200, b"a page"),
    (b"/%70age.html", 200, b"a page"),
    (b"http://a/page.html", 200, b"a page"),
    (b"/nothing", 200, b""),
    (b"/folder/", 200, b"the folder's page"),
    (b"/folder/page.html", 200, b"a page in the folder"),
    (b"//page.html", 200, b"a page"),
    (b"/folder///page.html", 200, b"a page in the folder"),
    (b"///", 200, b"the front page"),
    # names of all kinds
    (b"/a%20b.txt", 200, b"with a blank"),
    (b"/caf%C3%A9.txt", 200, b"with an accent"),
    (b"/100%25.txt", 200, b"with a percent"),
    (b"/a%3Fb%23c.txt", 200, b"with marks"),
    (b"/a:b.txt", 200, b"with a colon"),
    (b"/q%22uote.txt", 200, b"with a quote"),
    (b"/it's+&~.txt", 200, b"with others"),
    (b"/%ff%fe.bin", 200, b"not even a text"),
    (b"/" + LONG.encode(), 200, b"the longest name"),
    (b"/.well-known/security.txt", 200, b"for everybody"),
    # a folder without its slash
    (b"/folder", 301, "/folder/"),
    (b"/folder?a=b&c", 301, "/folder/?a=b&c"),
    (b"/folder?", 301, "/folder/?"),
    (b"//evil.example", 301, "/evil.example/"),
    (b"///evil.example", 301, "/evil.example/"),
    (b"/a:b", 301, "/a:b/"),
    (b"/sp%20ace%25", 301, "/sp%20ace%25/"),
    # what is not there
    (b"/none", 404, None),
    (b"/none/", 404, None),
    (b"/none/page.html", 404, None),
    (b"/page.html/", 404, None),
    (b"/page.html/more", 404, None),
    (b"/PAGE.HTML", 404, None),
    (b"/page.html%20", 404, None),
    (b"/" + b"n" * 256, 404, None),
    (b"/" + b"n/" * 3000, 404, None),
    # what must not be looked for
    (b"/.hidden", 404, None),
    (b"/folder/.hidden", 404, None),
    (b"/.git/config", 404, None),
    (b"/.git/", 404, None),
    (b"/%2ehidden", 404, None),
    (b"/..", 404, None),
    (b"/folder/..", 404, None),
    (b"/%2e%2e/outside.txt", 404, None),
    (b"/%2E%2E/outside.txt", 404, None),
    (b"/..%2foutside.txt", 404, None),
    (b"/folder%2fpage.html", 404, None),
    (b"/folder%2Fpage.html", 404, None),
    (b"/%2fetc/passwd", 404, None),
    (b"/folder%5cpage.html", 404, None),
    (b"/page.html%0a", 404, None),
    (b"/page.html%0d%0aX:y", 404, None),
    (b"/page.html%7f", 404, None),
    (b"/%01", 404, None),
    # what is there and is not for everybody
    (b"/empty/", 403, None),
    (b"/fifo", 403, None),
    (b"/socket", 403, None),
    (b"/device", 403, None),
    (b"/outside.txt", 403, None),
    (b"/outside/secret.txt", 403, None),
    (b"/outside/", 403, None),
    (b"/loop", 403, None),
    # symbolic links
    (b"/inside.txt", 200, b"a page"),
    (b"/inside/page.html", 200, b"a page in the folder"),
    (b"/inside", 301, "/inside/"),
    (b"/broken", 404, None),
    # an index page that is a folder
    (b"/indexed/", 403, None),
    (b"/indexed/index.html", 301, "/indexed/index.html/"),
]

METHODS = [
    (b"OPTIONS", b"/page.html", 204),
    (b"OPTIONS", b"/none", 204),
    (b"OPTIONS", b"*", 204),
    (b"POST", b"/page.html", 405),
    (b"PUT", b"/none", 405),
    (b"DELETE", b"/", 405),
    (b"PATCH", b"/", 405),
    (b"TRACE", b"/", 405),
    (b"CONNECT", b"a:80", 405),
    (b"BREW", b"/page.html", 501),
    (b"get", b"/page.html", 501),
]


class StaticTestCase(ServerTestCase):
    """A server whose root is filled with `FILES`, and with what is no file."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = self.folder / "root"
        self.fill()
        self.begin_in_root()

    def begin_in_root(self, cache: dict | None = None, limits: dict | None = None, **static) -> None:
        others = {name: section for name, section in (("cache", cache), ("limits", limits)) if section}
        self.begin(static={"root": str(self.root), **static}, **others)

    def fill(self) -> None:
        for name, content in FILES.items():
            self.write(name, content)
        Path(os.fsdecode(os.fsencode(self.root) + b"/\xff\xfe.bin")).write_bytes(b"not even a text")
        (self.folder / "outside.txt").write_bytes(b"secret")
        (self.folder / "elsewhere").mkdir()
        (self.folder / "elsewhere" / "secret.txt").write_bytes(b"secret")
        os.mkfifo(self.root / "fifo")
        os.symlink("/dev/zero", self.root / "device")
        os.symlink(self.folder / "outside.txt", self.root / "outside.txt")
        os.symlink(self.folder / "elsewhere", self.root / "outside")
        os.symlink("page.html", self.root / "inside.txt")
        os.symlink(self.root / "folder", self.root / "inside")
        os.symlink("nowhere", self.root / "broken")
        os.symlink("loop", self.root / "loop")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.root / "socket"))

    def write(self, name: str, content: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def get(self, target: bytes, *fields: bytes, method: bytes = b"GET") -> Answer:
        """The answer to a request, a second after the last one, so that nothing is older than it may be."""
        self.reactor.advance(1)
        client = self.connect().send(request(target, *fields, method=method))
        answer = client.answer(method.decode())
        self.assertEqual(client.sees(), b"")
        client.close()
        return answer


class TargetTests(StaticTestCase):
    """The table, once and, in case something was remembered, again."""

    def test_each_target_gets_what_it_should(self) -> None:
        for _ in range(3):
            for target, status, expected in TARGETS:
                answer = self.get(target)
                self.assertEqual(answer.status, status, target)
                if status == 200:
                    self.assertEqual(answer.body, expected, target)
                elif status == 301:
                    self.assertEqual(answer["location"], expected, target)
                else:
                    self.assertNotIn(b"secret", answer.body)
                    self.assertEqual(answer["cache-control"], "no-store")

    def test_head_is_get_without_the_body(self) -> None:
        for target, *_ in TARGETS:
            whole, head = self.get(target), self.get(target, method=b"HEAD")
            self.assertEqual(head.body, b"")
            self.assertEqual(
                (head.status, [field for field in head.fields if field[0] != "date"]),
                (whole.status, [field for field in whole.fields if field[0] != "date"]),
                target,
            )

    def test_other_methods_are_refused(self) -> None:
        for method, target, status in METHODS:
            answer = self.get(target, method=method)
            self.assertEqual(answer.status, status, method)
            if status in (204, 405):
                self.assertEqual(answer["allow"], "GET, HEAD, OPTIONS")

    def test_a_file_that_may_not_be_read_is_403(self) -> None:
        self.write("unreadable.txt", b"secret").chmod(0)
        self.write("closed/page.html", b"secret").parent.chmod(0o644)
        if os.geteuid() == 0:  # who may read everything has to be somebody else for this
            os.seteuid(65534)
            self.addCleanup(os.seteuid, 0)
        self.assertEqual(self.get(b"/page.html").status, 200)
        for target in (b"/unreadable.txt", b"/closed/page.html", b"/closed/"):
            answer = self.get(target)
            self.assertEqual((answer.status, b"secret" in answer.body), (403, False), target)

    def test_types_are_told_by_the_ending(self) -> None:
        for name, expected in (
            ("page.html", "text/html; charset=utf-8"),
            ("a b.txt", "text/plain; charset=utf-8"),
            ("nothing", "application/octet-stream"),
            ("new.webp", "image/webp"),
            ("new.tar.gz", "application/gzip"),
        ):
            (self.root / name).touch()
            self.assertEqual(self.get(b"/" + name.replace(" ", "%20").encode())["content-type"], expected)

    def test_the_root_itself_may_be_a_symbolic_link(self) -> None:
        os.symlink(self.root, self.folder / "link")
        self.begin(static={"root": str(self.folder / "link")})
        self.assertEqual([self.get(b"/").status, self.get(b"/outside.txt").status], [200, 403])


class UncachedTargetTests(TargetTests):
    """The same with no page kept in memory."""

    sections = {"cache": {"pages": 0}}


class IndexTests(StaticTestCase):
    """What stands for a folder."""

    def test_the_first_name_that_is_there_is_taken(self) -> None:
        self.begin_in_root(index=["home.html", "page.html", "index.html"])
        self.assertEqual(self.get(b"/folder/").body, b"a page in the folder")
        self.write("folder/home.html", b"home")
        self.assertEqual(self.get(b"/folder/").body, b"home")
        (self.root / "folder" / "home.html").unlink()
        self.assertEqual(self.get(b"/folder/").body, b"a page in the folder")

    def test_an_index_that_must_not_be_sent_is_not_passed_over(self) -> None:
        self.begin_in_root(index=["fifo", "index.html"])
        self.assertEqual(self.get(b"/").status, 403)

    def test_without_an_index_nothing_stands_for_a_folder(self) -> None:
        self.begin_in_root(index=[])
        self.assertEqual([self.get(target).status for target in (b"/", b"/folder/")], [403, 403])


class RootTests(StaticTestCase):
    """Opening below a root."""

    def test_what_the_file_system_says_becomes_an_answer(self) -> None:
        for name, status in (
            ("ENOENT", 404), ("ENOTDIR", 404), ("ENAMETOOLONG", 404), ("EINVAL", 404),
            ("EMFILE", 503), ("ENFILE", 503), ("ENOMEM", 503),
            ("EACCES", 403), ("EPERM", 403), ("ELOOP", 403), ("EIO", 500), ("ESTALE", 500),
        ):  # fmt: skip
            self.assertEqual(Root.refusal(OSError(getattr(errno, name), name, b"page")).status, status, name)

    def test_a_page_that_can_not_be_read_is_an_error_and_the_log_says_which(self) -> None:
        os.rename(os.path.join(os.fsencode(self.root), b"page.html"), os.path.join(os.fsencode(self.root), b"gr\xfcn"))
        file = Root(str(self.root)).open(b"gr\xfcn")
        os.close(file.descriptor)
        file.descriptor = os.open(file.path, os.O_WRONLY)
        asked = parse_head(request(b"/gr%FCn"), Limits())
        with capturedLogs() as said:
            error = self.assertRaises(HTTPError, file_answer, asked, file, b"text/html", b"", False, NOW, 1)
        self.assertEqual(error.status, 500)
        self.assertRaises(OSError, os.fstat, file.descriptor)
        (line,) = map(formatEvent, said)
        self.assertEqual(line, f"{self.root}/gr\\xfcn can not be read: Bad file descriptor")

    def test_only_regular_files_are_opened(self) -> None:
        root = Root(str(self.root))
        self.assertRaises(IsADirectoryError, root.open, b"folder")
        for name in (b"fifo", b"socket", b"device", b"outside.txt", b"outside/secret.txt", b"../outside.txt"):
            self.assertEqual(self.assertRaises(HTTPError, root.open, name).status, 403, name)
        file = root.open(b"page.html")
        self.addCleanup(file.close)
        self.assertTrue(stat.S_ISREG(os.fstat(file.descriptor).st_mode))
        self.assertFalse(os.get_inheritable(file.descriptor))
