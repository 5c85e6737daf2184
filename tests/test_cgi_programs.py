"""Other programs that nobody here wrote: gitweb, php-cgi, and what is written with Perl's CGI.pm."""

import os
import subprocess
from pathlib import Path

from twisted.trial import unittest
from twisted.trial.unittest import SkipTest

from .cgi_site import SharedCgi, program
from .serving import needed

PHP = """<?php
header('Content-Type: text/plain');
echo 'pi=', $_SERVER['PATH_INFO'] ?? '', ' sn=', $_SERVER['SCRIPT_NAME'], ' self=', $_SERVER['PHP_SELF'];
echo ' q=', $_GET['q'] ?? '', ' post=', $_POST['p'] ?? '', ' len=', strlen(file_get_contents('php://input'));
echo ' proxy=', getenv('HTTP_PROXY') === false ? 'unset' : 'set', ' root=', $_SERVER['DOCUMENT_ROOT'], "\\n";
"""
PERL = """#!/usr/bin/perl
use strict; use warnings; use CGI;
my $q = CGI->new;
my $file = $q->upload('file');
my $content = ''; if ($file) { local $/; $content = <$file>; }
print $q->header(-type => 'text/plain', -status => "418 I'm a teapot",
    -cookie => [$q->cookie(-name => 'one', -value => '1'),
        $q->cookie(-name => 'two', -value => $q->cookie('in') // '')]);
print 'upload ', ($q->param('file') // 'nothing'), ' ', length($content), " bytes\\n";
"""


class GitwebTests(SharedCgi, unittest.SynchronousTestCase):
    """Debian's gitweb."""

    @classmethod
    def launch(cls, folder: Path):
        needed("git")
        script = next((each for each in ("/usr/share/gitweb/gitweb.cgi",) if os.access(each, os.X_OK)), None)
        if script is None:
            raise SkipTest("gitweb is not installed")
        env = f"{{GITWEB_CONFIG: {folder}/gitweb.conf, HOME: {folder}}}"
        cls.options = ("--set", f"cgi.mounts=[{{mount: /gitweb/, dir: {script}, env: {env}}}]")
        return super().launch(folder)

    @classmethod
    def fill(cls, root: Path) -> None:
        super().fill(root)
        place = root.parent
        work, env = place / "w", {**os.environ, "HOME": str(place), "GIT_CONFIG_NOSYSTEM": "1"}
        who = ("-c", "user.name=a", "-c", "user.email=a@a")
        (place / "gitweb.conf").write_text(
            f"$projectroot = '{place}/repos';\n$feature{{'snapshot'}}{{'default'}} = ['tgz'];\n"
            "$feature{'pathinfo'}{'default'} = [1];\n1;\n"
        )
        for command in (
            ("init", "-q", "-b", "main", work),
            ("-C", work, "add", "."),
            ("-C", work, *who, "commit", "-qm", "x"),
        ):
            if command[0] == "-C" and not (work / "f1").exists():
                (work / "f1").write_text("file 1\n")
                (work / "large").write_bytes(os.urandom(1 << 20))
            subprocess.run(("git", *command), env=env, check=True, capture_output=True)
        bare = ("git", "clone", "-q", "--bare", work, place / "repos" / "test.git")
        subprocess.run(bare, env=env, check=True, capture_output=True)

    def test_pages_in_both_modes_a_packed_folder_a_feed_and_what_is_missing(self) -> None:
        for path, status, kind, text in (
            ("/gitweb", 200, "text/html", b"test.git"),
            ("/gitweb/", 200, "text/html", b"test.git"),
            ("/gitweb/test.git", 200, "text/html", b"/summary"),
            ("/gitweb/?p=test.git;a=blob_plain;f=f1", 200, "text/plain", b"file 1\n"),
            ("/gitweb/test.git/blob_plain/refs/heads/main:/f1", 200, "text/plain", b"file 1\n"),
            ("/gitweb/?p=test.git;a=snapshot;h=HEAD;sf=tgz", 200, "application/x-gzip", b"\x1f\x8b"),
            ("/gitweb/?p=test.git;a=rss", 200, "application/rss+xml", b"<rss"),
            ("/gitweb/?p=nosuch", 404, "text/html", b"404"),
        ):
            answer = self.get(self.server, path)
            self.assertEqual(answer.status, status, path)
            self.assertIn(kind, answer["content-type"])
            self.assertIn(text, answer.body, path)
            if kind == "application/x-gzip":
                self.assertGreater(len(answer.body), 1 << 20)


class PhpTests(SharedCgi, unittest.SynchronousTestCase):
    """php-cgi, as the interpreter of an extension."""

    @classmethod
    def launch(cls, folder: Path):
        php = needed("php-cgi")
        cls.options = ("--set", f"cgi.mounts=[{{mount: /php/, dir: root/cgi-bin, interpreters: {{.php: {php}}}}}]")
        return super().launch(folder)

    @classmethod
    def fill(cls, root: Path) -> None:
        super().fill(root)
        program(root, "info.php", "#!").write_text(PHP)

    def test_a_path_behind_the_program(self) -> None:
        body = self.get(self.server, "/php/info.php/pi/x?q=a%20b").body
        self.assertIn(b"pi=/pi/x sn=/php/info.php self=/php/info.php/pi/x q=a b", body)

    def test_a_form(self) -> None:
        head = b"POST /php/info.php HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        answer = self.connect(self.server).send(head + b"Content-Length: 8\r\n\r\np=posted").answer()
        self.assertIn(b"post=posted len=8", answer.body)

    def test_a_body_in_chunks(self) -> None:
        head = (
            b"POST /php/info.php HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        answer = self.connect(self.server).send(head, b"6\r\nhello \r\n", b"7\r\nchunks!\r\n0\r\n\r\n").answer()
        self.assertIn(b"len=13", answer.body)

    def test_the_field_proxy_is_no_variable(self) -> None:
        self.assertIn(b"proxy=unset", self.get(self.server, "/php/info.php", "Proxy: http://evil").body)

    def test_its_source_is_not_shown(self) -> None:
        for path in ("/php/info.php?-s", "//php/info.php", "/cgi-bin/info.php", "/php/info.php/"):
            self.assertNotIn(b"<?php", self.get(self.server, path).body, path)
            self.assertNotIn(b"file_get_contents", self.get(self.server, path).body, path)
        self.assertIn(b"sn=/php/info.php", self.get(self.server, "/php/info.php?-s").body)
        self.assertEqual(self.get(self.server, "/php/missing.php").status, 404)


class PerlTests(SharedCgi, unittest.SynchronousTestCase):
    """A program with CGI.pm."""

    programs = {"upload": PERL}

    @classmethod
    def launch(cls, folder: Path):
        if subprocess.run((needed("perl"), "-MCGI", "-e1"), capture_output=True, check=False).returncode:
            raise SkipTest("CGI.pm is not installed")
        return super().launch(folder)

    def test_an_upload_in_parts_cookies_and_a_status(self) -> None:
        content = os.urandom(300_000).replace(b"--", b"xx")
        body = (
            b'--cut\r\nContent-Disposition: form-data; name="file"; filename="up.bin"\r\n'
            b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--cut--\r\n"
        )
        head = (
            "POST /cgi-bin/upload HTTP/1.1", "Host: a", "Content-Type: multipart/form-data; boundary=cut",
            "Cookie: in=came", f"Content-Length: {len(body)}", "", "",
        )  # fmt: skip
        answer = self.connect(self.server).send("\r\n".join(head).encode() + body).answer()
        self.assertEqual((answer.status, answer.reason), (418, "I'm a teapot"))
        self.assertEqual(answer.body, b"upload up.bin 300000 bytes\n")
        cookies = [value for name, value in answer.fields if name == "set-cookie"]
        self.assertEqual([cookie.split(";")[0] for cookie in cookies], ["one=1", "two=came"])
