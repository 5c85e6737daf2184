"""Files that programs name, and the server sends: only those of the mount's folders, with ranges and conditions."""

import os
from pathlib import Path

from twisted.trial import unittest

from .cgi_site import SharedCgi, program

SENDS = "echo \"X-Sendfile: $QUERY_STRING\"; echo 'X-Own: kept'; "


class SendfileTests(SharedCgi, unittest.SynchronousTestCase):
    """One mount with two folders of files, one without any."""

    mounts = (
        "{mount: /cgi-bin/, sendfile: {roots: [files, more]}},"
        "{mount: /none/, dir: root/cgi-bin},"
        "{mount: /other/, dir: root/cgi-bin, sendfile: {header: X-File, roots: [files]}}"
    )
    options = ("--set", f"cgi.mounts=[{mounts}]")
    programs = {
        "plain": SENDS + "echo; echo dropped",
        "typed": SENDS + "echo 'Content-Type: a/b'; echo 'ETag: \"own\"'; echo 'Set-Cookie: a=1'; echo",
        "stays": SENDS + "echo; exec >&-; sleep 0.05; exit 0",
        "gone": "echo 'Status: 404'; " + SENDS + "echo",
        "file": "echo 'X-File: page.html'; echo",
    }

    @classmethod
    def fill(cls, root: Path) -> None:
        super().fill(root)
        folder = root.parent
        for name in ("files", "more"):
            (folder / name / "sub").mkdir(parents=True)
            (folder / name / "sub" / "page.txt").write_text(name)
        (folder / "files" / "page.html").write_text("<p>page")
        (folder / "files" / "large").write_bytes(bytes(range(256)) * 4096)
        (folder / "files" / "secret").symlink_to(folder / "secret")
        (folder / "files" / "program").symlink_to(root / "cgi-bin" / "plain")
        (folder / "files" / "closed").write_text("closed")
        os.mkfifo(folder / "files" / "fifo")
        (folder / "secret").write_text("secret")

    def ask(self, path: str, *fields: str, **how):
        return self.get(self.server, path, *fields, **how)

    def test_files_of_the_folders_are_sent_with_what_the_program_said_besides(self) -> None:
        folder = self.server.folder
        for name, kind, body in (
            ("page.html", "text/html; charset=utf-8", b"<p>page"),
            (f"{folder}/files/page.html", "text/html; charset=utf-8", b"<p>page"),
            (f"{folder}/more/sub/page.txt", "text/plain; charset=utf-8", b"more"),
            ("sub/../sub/page.txt", "text/plain; charset=utf-8", b"files"),
        ):
            answer = self.ask(f"/cgi-bin/plain?{name}")
            self.assertEqual((answer.status, answer["content-type"], answer.body), (200, kind, body), name)
            self.assertEqual((answer["x-own"], "x-sendfile" in answer), ("kept", False))
        typed = self.ask("/cgi-bin/typed?page.html")
        self.assertEqual((typed["content-type"], typed["set-cookie"], typed.body), ("a/b", "a=1", b"<p>page"))
        self.assertNotEqual(typed["etag"], '"own"')
        self.assertEqual(self.ask("/other/file").body, b"<p>page")
        self.assertEqual(self.ask("/cgi-bin/stays?page.html").body, b"<p>page")

    def test_ranges_conditions_and_heads_as_for_any_page(self) -> None:
        large = bytes(range(256)) * 4096
        whole = self.ask("/cgi-bin/plain?large")
        self.assertEqual((whole.body == large, whole["accept-ranges"]), (True, "bytes"))
        part = self.ask("/cgi-bin/plain?large", "Range: bytes=100000-100009")
        self.assertEqual((part.status, part.body), (206, large[100000:100010]))
        self.assertEqual(part["content-range"], f"bytes 100000-100009/{len(large)}")
        same = self.ask("/cgi-bin/plain?large", f"If-None-Match: {whole['etag']}")
        self.assertEqual((same.status, same.body, same["x-own"]), (304, b"", "kept"))
        self.assertEqual(self.ask("/cgi-bin/plain?large", "Range: bytes=9999999-").status, 416)
        self.assertEqual(self.ask("/cgi-bin/plain?large", 'If-Match: "other"').status, 412)
        head = self.ask("/cgi-bin/plain?large", method="HEAD")
        self.assertEqual((head["content-length"], head.body), (str(len(large)), b""))
        sent = self.ask("/cgi-bin/plain?large", "Content-Length: 0", "Range: bytes=1-2", method="POST")
        self.assertEqual((sent.status, len(sent.body)), (200, len(large)))
        gone = self.ask("/cgi-bin/gone?page.html", "Range: bytes=1-2")
        self.assertEqual((gone.status, gone.body), (404, b"<p>page"))

    def test_no_other_file_is_sent(self) -> None:
        folder = self.server.folder
        for name in (
            "../secret", f"{folder}/secret", f"{folder}/files/../secret", "secret", "/etc/passwd", "", "sub", ".",
            "missing", "fifo", "program", f"{folder}/filesystem", "\xff",
        ):  # fmt: skip
            answer = self.ask(f"/cgi-bin/plain?{name}" if name != "\xff" else "/cgi-bin/plain?%ff")
            self.assertEqual(answer.status, 502, name)
            self.assertNotIn(b"secret", answer.body)
            self.assertNotIn(b"Traceback", answer.body)
        self.server.wait_for("it has ../secret sent, which is in no folder")
        self.server.wait_for("it has missing sent: there is no such page")

    def test_where_the_mount_has_no_folders_the_field_is_one_like_any_other(self) -> None:
        answer = self.ask("/none/plain?page.html")
        self.assertEqual((answer["x-sendfile"], answer.body), ("page.html", b"dropped\n"))
        self.assertEqual(self.ask("/other/plain?page.html")["x-sendfile"], "page.html")
        program(self.root, "late", SENDS + "echo; sleep 0.05; echo more")
        self.assertEqual(self.ask("/cgi-bin/late?page.html").body, b"<p>page")
