"""git over `git-http-backend`: a program nobody here wrote, that uses most of what CGI has."""

import os
import subprocess
from pathlib import Path

from twisted.trial import unittest
from twisted.trial.unittest import SkipTest

from .cgi_site import SharedCgi
from .serving import PATIENCE, needed

BACKEND = "/usr/lib/git-core/git-http-backend"


class GitTests(SharedCgi, unittest.SynchronousTestCase):
    """One bare repository, cloned and pushed to."""

    mount = f"{{mount: /git/, dir: {BACKEND}, env: {{GIT_PROJECT_ROOT: PLACE, GIT_HTTP_EXPORT_ALL: '1', HOME: PLACE}}}}"

    @classmethod
    def launch(cls, folder: Path):
        needed("git")
        if not os.access(BACKEND, os.X_OK):
            raise SkipTest(f"{BACKEND} is not installed")
        cls.options = ("--set", f"cgi.mounts=[{cls.mount.replace('PLACE', str(folder))}]")
        return super().launch(folder)

    @classmethod
    def fill(cls, root: Path) -> None:
        super().fill(root)
        place = root.parent
        cls.home = place
        cls.git("init", "-q", "--bare", "-b", "main", str(place / "test.git"))
        cls.git("-C", str(place / "test.git"), "config", "http.receivepack", "true")
        work = place / "work"
        cls.git("init", "-q", "-b", "main", str(work))
        for number in (1, 2, 3):
            (work / "file").write_text(f"state {number}\n")
            cls.git("-C", str(work), "add", "file")
            cls.git("-C", str(work), "commit", "-q", "-m", f"change {number}")
        cls.git("-C", str(work), "push", "-q", str(place / "test.git"), "main")

    @classmethod
    def git(cls, *options: str, check: bool = True, **env: str) -> subprocess.CompletedProcess:
        who = {
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@a",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@a",
        }
        alone = {
            "HOME": str(cls.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "PATH": os.environ["PATH"],
        }
        return subprocess.run(
            ("git", *options),
            env={**alone, **who, **env},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=check,
        )

    def setUp(self) -> None:
        super().setUp()
        self.url = f"http://127.0.0.1:{self.server.port}/git/test.git"
        self.folder = self.new_folder()

    def test_clone_with_protocol_2(self) -> None:
        done = self.git("-c", "protocol.version=2", "clone", self.url, str(self.folder / "c"), GIT_TRACE_PACKET="1")
        self.assertIn("version 2", done.stderr)
        self.assertEqual((self.folder / "c" / "file").read_text(), "state 3\n")
        self.git("-C", str(self.folder / "c"), "fsck", "--strict")
        self.assertIn("HEAD", self.git("ls-remote", self.url).stdout)

    def test_shallow_clone_with_protocol_0(self) -> None:
        self.git("-c", "protocol.version=0", "clone", "-q", "--depth", "1", self.url, str(self.folder / "c"))
        log = self.git("-C", str(self.folder / "c"), "log", "--oneline").stdout
        self.assertEqual(len(log.splitlines()), 1)

    def test_push_of_4_mb_in_chunks_and_a_small_one(self) -> None:
        work = str(self.folder / "c")
        self.git("clone", "-q", self.url, work)
        for name, size, options in (("large", 4 << 20, ("-c", "http.postBuffer=65536")), ("small", 10, ())):
            (self.folder / "c" / name).write_bytes(os.urandom(size))
            self.git("-C", work, "add", name)
            self.git("-C", work, "commit", "-q", "-m", name)
            pushed = self.git("-C", work, *options, "push", "origin", f"HEAD:refs/heads/{name}", GIT_TRACE_CURL="1")
            chunked = "=> send header: transfer-encoding: chunked" in pushed.stderr.lower()
            self.assertEqual(chunked, name == "large")
        again = self.folder / "again"
        self.git("clone", "-q", "-b", "small", self.url, str(again))
        self.assertEqual((again / "large").read_bytes(), (self.folder / "c" / "large").read_bytes())
        self.git("-C", str(again), "fsck", "--strict")

    def test_a_gzip_body_is_the_programs_affair(self) -> None:
        wants = subprocess.run(
            ("gzip", "-c"),
            input=b"0014command=ls-refs\n0001" + b"0009peel\n" * 100 + b"0000",
            capture_output=True,
            check=True,
        ).stdout
        head = (
            "POST /git/test.git/git-upload-pack HTTP/1.1", "Host: a", "Git-Protocol: version=2",
            "Content-Encoding: gzip",
            "Content-Type: application/x-git-upload-pack-request", f"Content-Length: {len(wants)}", "", "",
        )  # fmt: skip
        answer = self.connect(self.server).send("\r\n".join(head).encode() + wants).answer()
        self.assertEqual((answer.status, answer["content-type"]), (200, "application/x-git-upload-pack-result"))
        self.assertIn(b"refs/heads/main", answer.body)

    def test_what_is_missing_or_refused_is_told_by_the_program(self) -> None:
        failed = self.git("clone", self.url.replace("test", "missing"), str(self.folder / "c"), check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("not found", failed.stderr)
        for path, status, kind in (
            ("missing.git/info/refs?service=git-upload-pack", 404, None),
            ("test.git/HEAD", 200, "text/plain"),
            ("test.git/info/refs?service=git-upload-pack", 200, "application/x-git-upload-pack-advertisement"),
            ("test.git/info/refs?service=git-evil", 403, None),
            ("test.git/%2e%2e/%2e%2e/etc/passwd", 404, None),
        ):
            answer = self.get(self.server, f"/git/{path}")
            self.assertEqual(answer.status, status, path)
            if kind is not None:
                self.assertEqual(answer["content-type"], kind)
