"""A whole tree of files, fetched in several ways, is the tree that is served."""

import email
import encodings
import json
import os
import shutil
from pathlib import Path
from urllib.parse import quote

import treq
from twisted.internet import reactor
from twisted.internet.defer import gatherResults, inlineCallbacks
from twisted.trial.unittest import TestCase
from twisted.web.client import HTTPConnectionPool

from .serving import Shared, needed, run


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Tree(Shared, TestCase):
    """Three packages of the standard library, all their files."""

    options = ("--set", "static.listing=true")

    @classmethod
    def fill(cls, root: Path) -> None:
        for package in (encodings, json, email):
            folder = Path(package.__file__).parent
            shutil.copytree(folder, root / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
        for size in (0, 1, 65535, 65536, 65537, 262144, 1_000_001):
            (root / f"{size}.bin").write_bytes(os.urandom(size))

    def setUp(self) -> None:
        super().setUp()
        self.tree = contents(self.root)
        self.assertGreater(len(self.tree), 150)

    def test_every_file_over_one_connection(self) -> None:
        client = self.connect(self.server)
        for name, content in self.tree.items():
            answer = client.send(f"GET /{quote(name)} HTTP/1.1\r\nHost: a\r\n\r\n".encode()).answer()
            self.assertEqual((answer.status, int(answer["content-length"])), (200, len(content)), name)
            self.assertTrue(answer.body == content, name)

    def test_every_file_asked_for_at_once(self) -> None:
        client = self.connect(self.server)
        client.send(b"".join(f"GET /{quote(name)} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for name in self.tree))
        self.assertEqual([name for name, content in self.tree.items() if client.answer().body != content], [])

    def test_every_file_in_pieces(self) -> None:
        client = self.connect(self.server)
        for name, content in self.tree.items():
            if not content:
                continue
            step = len(content) // 3 + 1
            starts = range(0, len(content), step)
            for start in starts:
                fields = f"Range: bytes={start}-{start + step - 1}"
                client.send(f"GET /{quote(name)} HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n".encode())
            pieces = [client.answer() for _ in starts]
            self.assertEqual({piece.status for piece in pieces}, {206}, name)
            self.assertTrue(b"".join(piece.body for piece in pieces) == content, name)

    def test_wget_mirrors_it(self) -> None:
        wget = needed("wget")
        folder = self.server.folder / "mirror"
        folder.mkdir()
        url = f"http://127.0.0.1:{self.server.port}/"
        done = run((wget, "--mirror", "--no-parent", "--no-host-directories", "--no-verbose", "--tries=1", url), folder)
        # Every link of every listing leads somewhere, but there is no robots.txt, which wget asks for by itself.
        self.assertEqual(done.stderr.count("ERROR 404"), 1, done.stderr[-2000:])
        mirrored = contents(folder)
        self.assertEqual({name: content for name, content in mirrored.items() if "index.html" not in name}, self.tree)

    @inlineCallbacks
    def test_twenty_clients_at_once_over_a_pool(self):
        pool = HTTPConnectionPool(reactor)
        pool.maxPersistentPerHost = 20
        self.addCleanup(pool.closeCachedConnections)

        @inlineCallbacks
        def fetch(name: str):
            response = yield treq.get(f"http://127.0.0.1:{self.server.port}/{quote(name)}", pool=pool)
            body = yield response.content()
            return response.code, body

        before = self.figures(self.server)["connections"]["accepted"]
        names = [*list(self.tree)[:18], "1000001.bin", "262144.bin"]
        for _ in range(2):  # the second time over the connections of the first
            fetched = yield gatherResults([fetch(name) for name in names])
            self.assertTrue(fetched == [(200, self.tree[name]) for name in names])
        accepted = self.figures(self.server)["connections"]["accepted"] - before
        self.assertLessEqual(accepted, 20 + 1)
