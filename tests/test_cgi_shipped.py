"""The programs that come with the server run as they are; and the parts that keep bodies and complaints in bounds."""

import os
import tracemalloc

from twisted.logger import capturedLogs
from twisted.trial import unittest

from occwserv.resources.cgi.log import Complaints, Rate, shown
from occwserv.resources.cgi.spool import Spool

from .cgi_site import CgiCase
from .serving import REPOSITORY, needed


class ShippedTests(CgiCase, unittest.SynchronousTestCase):
    """The folder `public_html/cgi-bin`."""

    def test_each_runs(self) -> None:
        needed("perl")
        names = {each.name for each in (REPOSITORY / "public_html" / "cgi-bin").iterdir() if each.is_file()}
        self.assertEqual(names, {"hello.sh", "environment.py", "form.pl", "slow.sh"})
        server = self.start()
        hello = self.get(server, "/cgi-bin/hello.sh?\\tas\\c").body
        self.assertIn(b"Hello from process", hello)
        self.assertTrue(hello.endswith(b" for /cgi-bin/hello.sh?\\tas\\c\n"), hello)
        page = self.get(server, "/cgi-bin/environment.py?<script>", "User-Agent: <b>").body
        self.assertIn(b"<th scope=row>HTTP_USER_AGENT</th><td>&lt;b&gt;</td>", page)
        self.assertNotIn(b"<script>", page)
        self.assertEqual(self.get(server, "/cgi-bin/form.pl?a=b%21&c=d+e").body, b"a = b!\nc = d e\n")
        client = self.connect(server).send(b"GET /cgi-bin/slow.sh HTTP/1.1\r\nHost: a\r\n\r\n")
        client.until(b"line 1 of process")
        client.close()
        self.assert_whole(server)

    def test_a_root_without_the_folder_has_no_programs(self) -> None:
        server = self.start("--root", ".")
        for path in ("/cgi-bin/", "/cgi-bin/hello.sh"):
            self.assertEqual(self.get(server, path).status, 404)
        folder = server.folder / "cgi-bin"
        folder.mkdir()
        (folder / "late").write_text("#!/bin/sh\necho A: b; echo; echo late\n")
        (folder / "late").chmod(0o755)
        self.assertEqual(self.get(server, "/cgi-bin/late").body, b"late\n")


class SpoolTests(unittest.SynchronousTestCase):
    """A body, wherever it is kept."""

    def test_it_is_the_same_in_memory_and_on_the_disk(self) -> None:
        for memory in (0, 5, 10, 1000):
            spool = Spool(memory)
            for piece in (b"hello", b" ", b"world"):
                spool.add(piece)
            self.assertEqual((spool.length, spool.start(7)), (11, b"hello w"))
            self.assertEqual(os.read(spool.open(), 100), b"hello world", memory)
            self.assertEqual(spool.start(100), b"hello world")
            spool.close()
            spool.close()

    def test_nothing_is_nothing(self) -> None:
        spool = Spool(10)
        self.assertEqual(os.read(spool.open(), 10), b"")
        spool.close()

    def test_a_byte_at_a_time_it_is_no_larger(self) -> None:
        spool = Spool(100_000)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for number in range(10_000):
            spool.add(b"%05d" % number)
        self.assertLess(tracemalloc.get_traced_memory()[0], 100_000)
        spool.close()

    def test_a_file_has_no_name_and_no_program_inherits_it(self) -> None:
        spool = Spool(0)
        spool.add(b"x" * 100_000)
        self.assertEqual(os.fstat(spool.open()).st_nlink, 0)
        self.assertFalse(os.get_inheritable(spool.open()))
        spool.close()


class BoundTests(unittest.SynchronousTestCase):
    """What is logged of programs."""

    def test_a_rate_fills_with_time_and_not_beyond(self) -> None:
        now = [100.0]
        rate = Rate(10, lambda: now[0])
        self.assertEqual([rate.take(6), rate.take(6), rate.take(4), rate.take(1)], [True, False, True, False])
        now[0] += 0.5
        self.assertEqual([rate.take(5), rate.take(1)], [True, False])
        now[0] += 1000
        self.assertEqual([rate.take(10), rate.take(1)], [True, False])
        now[0] -= 5000
        self.assertFalse(rate.take(1))

    def test_an_empty_line_is_a_line(self) -> None:
        with capturedLogs() as seen:
            complaints = Complaints("program", 10, Rate(1000, lambda: 0.0))
            complaints.add(b"\n" * 100_000)
            complaints.end()
        self.assertEqual(len(seen), 11)
        self.assertEqual(seen[-1]["count"], 99_990)

    def test_what_is_shown_is_one_line(self) -> None:
        self.assertEqual(shown(b"a\tb\r\n\x1b[0m\xff\xc3\xb6\xe2\x80\xae"), r"a\tb\r\n\x1b[0m\xffö\u202e")
