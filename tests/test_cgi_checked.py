"""Programs that were checked are not checked again until something about them changes."""

import os
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from occwserv.http.errors import HTTPError
from occwserv.http.head import Limits, parse_head
from occwserv.resources.cgi.message import Script
from occwserv.resources.cgi.script import MOST, Refused, Scripts
from occwserv.settings import Mount

from .cgi_site import program

SOON = -(10**18)  # nothing is too new


class CheckedTests(SynchronousTestCase):
    """A folder with a program."""

    def setUp(self) -> None:
        self.root = Path(os.path.realpath(self.mktemp()))
        self.folder = self.root / "cgi-bin"
        self.folder.mkdir(parents=True)
        program(self.root, "it", "true")
        self.scripts = self.new(SOON)

    def new(self, settled: int) -> Scripts:
        mount = Mount(mount="/cgi-bin/", index=("index",), isindex_args=True)
        return Scripts(mount, os.fsencode(self.folder), lambda path: b"/srv" + path, settled)

    def find(self, path: str = "it") -> Script:
        return self.scripts.find(parse_head(b"GET /cgi-bin/%b HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode(), Limits()))

    def test_it_is_remembered(self) -> None:
        first = self.find()
        self.assertEqual((first.file, first.folder), (os.fsencode(self.folder / "it"), os.fsencode(self.folder)))
        self.assertIs(self.find(), first)

    def test_the_server_may_have_become_somebody_else(self) -> None:
        if os.geteuid():
            raise SkipTest("only root can become somebody else")
        nobody = 65534
        self.root.parent.chmod(0o755)  # that of trial is root's alone
        os.chown(self.folder / "it", nobody, nobody)
        with self.assertRaises(Refused):
            self.find()
        os.seteuid(nobody)
        self.addCleanup(os.seteuid, 0)
        self.assertEqual(self.find().argv, (os.fsencode(self.folder / "it"),))

    def test_not_while_it_is_new(self) -> None:
        self.scripts = self.new(10**18)
        self.assertIsNot(self.find(), self.find())

    def test_a_change_of_the_file_is_noticed(self) -> None:
        self.find()
        (self.folder / "it").chmod(0o757)
        with self.assertRaises(Refused):
            self.find()
        (self.folder / "it").chmod(0o755)
        self.find()
        (self.folder / "it").unlink()
        with self.assertRaises(HTTPError) as caught:
            self.find()
        self.assertEqual(caught.exception.status, 404)

    def test_a_change_of_the_folder_is_noticed(self) -> None:
        self.find()
        self.folder.chmod(0o777)
        self.addCleanup(self.folder.chmod, 0o755)
        with self.assertRaises(Refused):
            self.find()

    def test_another_file_in_its_place_is_checked(self) -> None:
        self.find()
        other = self.folder / "other"
        program(self.root, "other", "true")
        other.chmod(0o644)
        other.replace(self.folder / "it")
        with self.assertRaises(Refused):
            self.find()

    def test_what_a_link_leads_to_is_not_remembered(self) -> None:
        (self.folder / "link").symlink_to("it")
        self.assertIsNot(self.find("link"), self.find("link"))

    def test_nor_what_has_a_path_behind_it(self) -> None:
        self.assertEqual([self.find(f"it/{number}").info for number in (1, 2, 1)], [b"/1", b"/2", b"/1"])

    def test_the_index_of_a_folder_is_whichever_there_is(self) -> None:
        program(self.root, "index", "true")
        self.assertIs(self.find(""), self.find(""))
        (self.folder / "index").unlink()
        with self.assertRaises(HTTPError):
            self.find("")

    def test_words_of_the_query_are_of_one_request(self) -> None:
        self.assertEqual([self.find(f"it{query}").argv[1:] for query in ("?a+b", "", "?c", "?d=e")],
                         [(b"a", b"b"), (), (b"c",), ()])  # fmt: skip

    def test_no_more_are_remembered_than_there_is_room_for(self) -> None:
        for number in range(MOST + 10):
            os.link(self.folder / "it", self.folder / f"it{number}")
        for number in range(MOST + 10):
            self.find(f"it{number}")
            self.assertLessEqual(len(self.scripts._checked), MOST)
