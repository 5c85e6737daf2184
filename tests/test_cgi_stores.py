"""Programs that nobody here wrote, which keep the versions of files: hgweb, cgit and fossil, with their own clients."""

import os
import re
import subprocess
from pathlib import Path

from twisted.trial import unittest
from twisted.trial.unittest import SkipTest

from .cgi_site import SharedCgi, program
from .serving import PATIENCE, needed

CGIT = "/usr/lib/cgit/cgit.cgi"
PYTHON = "/usr/bin/python3"
HGWEB = f"""#!{PYTHON}
import os
from mercurial.hgweb import hgweb, wsgicgi
wsgicgi.launch(hgweb(os.environb[b"REPOSITORY"]))
"""


class StoreCase(SharedCgi):
    """A server over one store of versions. The clients know nothing of whoever runs the tests."""

    @classmethod
    def run_client(cls, *command: str | Path, folder: Path | None = None) -> str:
        """What a client says; it must succeed."""
        alone = {
            "HOME": str(cls.home),
            "PATH": os.environ["PATH"],
            "HGRCPATH": "",
            "GIT_CONFIG_NOSYSTEM": "1",
            "USER": "a",
        }
        done = subprocess.run(
            command, env=alone, cwd=folder or cls.home, text=True, check=False, timeout=PATIENCE,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"{command} said:\n{done.stdout}")
        return done.stdout

    @classmethod
    def fill(cls, root: Path) -> None:
        super().fill(root)
        cls.home = root.parent
        cls.make(cls.home)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"


class HgwebTests(StoreCase, unittest.SynchronousTestCase):
    """Mercurial's hgweb: commands in fields of the request (`X-HgArg-1`), bundles as bodies."""

    programs = {"hg": HGWEB}

    @classmethod
    def launch(cls, folder: Path):
        needed("hg")
        if subprocess.run((PYTHON, "-c", "import mercurial"), capture_output=True, check=False).returncode:
            raise SkipTest(f"{PYTHON} does not know mercurial")
        env = f"{{REPOSITORY: {folder}/store, HGRCPATH: '', HOME: {folder}}}"
        cls.options = ("--set", f"cgi.mounts=[{{mount: /cgi-bin/, env: {env}}}]")
        return super().launch(folder)

    @classmethod
    def make(cls, home: Path) -> None:
        store = home / "store"
        cls.run_client("hg", "init", store)
        (store / ".hg" / "hgrc").write_text("[web]\npush_ssl = false\nallow_push = *\nallow-archive = gz\n")
        (store / "file").write_text("one\n")
        cls.run_client("hg", "-R", store, "commit", "-A", "-u", "a", "-m", "first", store / "file")

    def test_clone_push_archive_and_pages(self) -> None:
        copy = self.new_folder() / "copy"
        self.run_client("hg", "clone", self.url("/cgi-bin/hg"), copy)
        self.assertEqual((copy / "file").read_text(), "one\n")
        (copy / "large").write_bytes(os.urandom(2 << 20))
        self.run_client("hg", "commit", "-A", "-u", "b", "-m", "second", folder=copy)
        self.run_client("hg", "push", folder=copy)
        self.assertEqual(self.run_client("hg", "-R", self.home / "store", "log", "-r", "tip", "-T", "{desc}"), "second")
        again = self.new_folder() / "again"
        self.run_client("hg", "clone", self.url("/cgi-bin/hg"), again)
        self.assertEqual((again / "large").read_bytes(), (copy / "large").read_bytes())
        self.run_client("hg", "verify", folder=again)
        for path, status, kind, text in (
            ("", 200, "text/html", b"second"),
            ("/raw-file/0/file", 200, "application/binary", b"one\n"),
            ("/archive/tip.tar.gz", 200, "application/x-gzip", b"\x1f\x8b"),
            ("/rev/nosuch", 404, "text/html", b"nosuch"),
        ):
            answer = self.get(self.server, f"/cgi-bin/hg{path}")
            self.assertEqual((answer.status, kind in answer["content-type"]), (status, True), (path, answer.body))
            self.assertIn(text, answer.body)


class CgitTests(StoreCase, unittest.SynchronousTestCase):
    """cgit: a program in C, which says its own status and can be cloned from by the simple protocol."""

    @classmethod
    def launch(cls, folder: Path):
        needed("git")
        if not os.access(CGIT, os.X_OK):
            raise SkipTest(f"{CGIT} is not installed")
        env = f"{{CGIT_CONFIG: {folder}/cgitrc, HOME: {folder}}}"
        cls.options = ("--set", f"cgi.mounts=[{{mount: /cgit/, dir: {CGIT}, env: {env}}}]")
        return super().launch(folder)

    @classmethod
    def make(cls, home: Path) -> None:
        work, store = home / "work", home / "stores" / "test.git"
        git = ("git", "-c", "user.name=a", "-c", "user.email=a@a", "-C", work)
        cls.run_client("git", "init", "-q", "-b", "main", work)
        (work / "f1").write_text("file 1\n")
        cls.run_client(*git, "add", ".")
        cls.run_client(*git, "commit", "-qm", "first")
        cls.run_client("git", "clone", "-q", "--bare", work, store)
        cls.run_client("git", "-C", store, "update-server-info")
        (home / "cgitrc").write_text(
            f"virtual-root=/cgit/\ncache-size=0\nsnapshots=tar.gz\nrepo.url=test.git\nrepo.path={store}\n"
        )

    def test_pages_a_plain_file_an_archive_and_what_is_missing(self) -> None:
        for path, status, kind, text in (
            ("/", 200, "text/html", b"test.git"),
            ("/test.git/", 200, "text/html", b"first"),
            ("/test.git/plain/f1", 200, "text/plain", b"file 1\n"),
            ("/test.git/info/refs", 200, "text/plain", b"refs/heads/main"),
            ("/test.git/snapshot/test-main.tar.gz", 200, "application/x-gzip", b"\x1f\x8b"),
            ("/test.git/log/?q=first&qt=grep", 200, "text/html", b"first"),
            ("/nosuch/", 404, "text/html", b"No repositories"),
            ("/test.git/plain/nosuch", 404, "text/html", b""),
        ):
            answer = self.get(self.server, f"/cgit{path}")
            self.assertEqual(
                (answer.status, kind in answer["content-type"]), (status, True), (path, answer.body[-500:])
            )
            self.assertIn(text, answer.body, path)
        head = self.get(self.server, "/cgit/test.git/plain/f1", method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_clone(self) -> None:
        copy = self.new_folder() / "copy"
        self.run_client("git", "clone", "-q", self.url("/cgit/test.git"), copy)
        self.assertEqual((copy / "f1").read_text(), "file 1\n")


class FossilTests(StoreCase, unittest.SynchronousTestCase):
    """fossil: its client speaks by POST with large bodies; its redirects are made of SERVER_NAME and the like."""

    @classmethod
    def launch(cls, folder: Path):
        needed("fossil")
        return super().launch(folder)

    @classmethod
    def make(cls, home: Path) -> None:
        store, work = home / "store.fossil", home / "work"
        work.mkdir()
        cls.run_client("fossil", "init", "-A", "a", store)
        cls.run_client("fossil", "user", "password", "a", "secret", "-R", store)
        cls.run_client("fossil", "open", store, folder=work)
        (work / "file").write_text("one\n")
        cls.run_client("fossil", "add", "file", folder=work)
        cls.run_client("fossil", "commit", "-m", "first", "--no-warnings", folder=work)
        program(home / "root", "fossil", f"#!{needed('fossil')}\nrepository: {store}\n")

    def test_clone_sync_and_pages(self) -> None:
        folder = self.new_folder()
        where = self.url("/cgi-bin/fossil").replace("://", "://a:secret@")
        self.run_client("fossil", "clone", "--no-open", where, folder / "copy.fossil")
        (folder / "copy").mkdir()
        self.run_client("fossil", "settings", "autosync", "off", "-R", folder / "copy.fossil")
        self.run_client("fossil", "open", folder / "copy.fossil", folder=folder / "copy")
        self.assertEqual((folder / "copy" / "file").read_text(), "one\n")
        (folder / "copy" / "large").write_bytes(os.urandom(1 << 20))
        self.run_client("fossil", "add", "large", folder=folder / "copy")
        self.run_client("fossil", "commit", "-m", "second", "--no-warnings", folder=folder / "copy")
        self.run_client("fossil", "push", where, "--once", folder=folder / "copy")
        self.assertIn("second", self.run_client("fossil", "timeline", "-R", self.home / "store.fossil"))
        moved = self.get(self.server, "/cgi-bin/fossil")
        self.assertEqual(moved.status, 302)
        self.assertRegex(moved["location"], rf"^http://(test|127\.0\.0\.1(:{self.server.port})?)/cgi-bin/fossil/")
        path = re.sub(r"^http://[^/]+", "", moved["location"])
        self.assertEqual(self.get(self.server, path).status, 200)
        self.assertIn(b"one", self.get(self.server, "/cgi-bin/fossil/raw/file?ci=trunk&filename=file").body)
        self.assertEqual(self.get(self.server, "/cgi-bin/fossil/nosuch").status, 404)
