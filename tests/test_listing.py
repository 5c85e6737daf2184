"""The page that lists a folder: every name is shown as text, and every link leads to its file."""

import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

from twisted.trial.unittest import SkipTest

from occwserv.resources.files import Root
from occwserv.resources.listing import list_folder

from .sockets import AtOnce, Client, request
from .standstill import TICK
from .test_static import StaticTestCase

NAMES = [
    "plain.txt",
    "with blank.txt",
    "percent%41.txt",
    "c:olon.txt",
    'quo"te.txt',
    "apo'strophe.txt",
    "<script>alert(1)<_script>",
    "a&amp;b.txt",
    "question?.txt",
    "hash#.txt",
    "plus+.txt",
    "-dash.txt",
    "~tilde.txt",
    "{{7*7}}.txt",
    "ümläut.txt",
    "中文.txt",
    "javascript:alert(1)",
    "http:",
    "dot.",
    "semi;colon,comma.txt",
]


class Links(HTMLParser):
    """The links of a page, and all its tags."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.tags: set[str] = set()
        self.text = ""
        self._href: str | None = None
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag: str, attributes) -> None:
        self.tags.add(tag)
        if tag == "a":
            self._href = dict(attributes)["href"]
            self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.links.append((self._href, self.text))


class ListingTests(StaticTestCase):
    """`static.listing` is on."""

    def fill(self) -> None:
        super().fill()
        for name in NAMES:
            self.write(f"list/{name}", name.encode())
        self.write("list/sub/page.html", b"below")
        self.write("list/Another/page.html", b"below")
        self.write("list/.hidden", b"secret")
        os.mkfifo(self.root / "list" / "fifo")
        os.symlink("nowhere", self.root / "list" / "broken")
        (self.root / "bare").mkdir()

    def begin_in_root(self, **static) -> None:
        super().begin_in_root(listing=True, **static)

    def links(self, target: bytes) -> Links:
        answer = self.get(target)
        self.assertEqual((answer.status, answer["content-type"]), (200, "text/html; charset=utf-8"))
        return Links(answer.body)

    def follow(self, base: bytes, link: str) -> bytes:
        """What a browser gets that follows a link of the page."""
        target = urljoin("http://a" + base.decode("ascii"), link)
        self.assertTrue(target.startswith("http://a/"), target)
        return self.get(target.removeprefix("http://a").encode("ascii")).body

    def test_every_link_leads_to_its_file(self) -> None:
        page = self.links(b"/list/")
        files = [(link, text) for link, text in page.links if not text.endswith(("/", "above"))]
        self.assertEqual(sorted(text for _, text in files), sorted(NAMES))
        for link, text in files:
            self.assertEqual(self.follow(b"/list/", link), text.encode())
        self.assertNotIn("script", page.tags)

    def test_folders_come_first_and_then_files_by_name(self) -> None:
        shown = [text for _, text in self.links(b"/list/").links]
        self.assertEqual(shown[:3], ["the folder above", "Another/", "sub/"])
        self.assertEqual(shown[3:], sorted(shown[3:], key=lambda name: (name.casefold(), name)))
        self.assertNotIn(b"49.txt", self.get(b"/list/").body)

    def test_what_can_not_be_had_is_left_out(self) -> None:
        shown = [text for _, text in self.links(b"/list/").links]
        for name in (".hidden", "fifo", "broken"):
            self.assertNotIn(name, shown)

    def test_programs_and_their_folders_are_left_out(self) -> None:
        os.symlink(self.root / "apps" / "bin", self.root / "bare" / "others")
        for name in ("bare/cgi-bin/program", "apps/bin/program", "apps/one", "apps/page.html"):
            self.write(name, b"#!/bin/sh\n")
        self.begin(
            static={"root": str(self.root), "listing": True},
            cgi={"mounts": [
                {"mount": "/bare/cgi-bin/"}, {"mount": "/b/", "dir": str(self.root / "apps" / "bin")},
                {"mount": "/c/", "dir": str(self.root / "apps" / "one")},
            ]},
        )  # fmt: skip
        for folder, left in ((b"/bare/", []), (b"/apps/", ["page.html"])):
            self.assertEqual([text for _, text in self.links(folder).links[1:]], left)

    def test_names_that_are_no_text_have_links_that_work(self) -> None:
        names = (b"\xff\xfe", b"latin-\xe9.txt", b"%ff")
        for name in names:
            with open(os.fsencode(self.root) + b"/bare/" + name, "wb") as file:
                file.write(name)
        links = self.links(b"/bare/").links[1:]
        self.assertEqual({self.follow(b"/bare/", link) for link, _ in links}, set(names))

    def test_line_ends_in_names_break_nothing(self) -> None:
        for name in ("line\nend", "carriage\rreturn", "tab\tulator"):
            (self.root / "bare" / name).touch()
        page = self.links(b"/bare/")
        self.assertEqual(len(page.links), 4)
        for link, _ in page.links:
            self.assertNotRegex(link, r"[\r\n\t]")

    def test_a_year_that_no_calendar_has(self) -> None:
        with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
            path = Path(folder, "late.txt")
            path.touch()
            os.utime(path, (10**12, 10**12))
            if path.stat().st_mtime != 10**12:
                raise SkipTest("no file system here keeps such a time")
            self.assertIn(b"late.txt", list_folder(Root(folder), b"").parts[0])

    def test_the_way_up_is_shown_where_there_is_one(self) -> None:
        (self.root / "index.html").unlink()
        self.assertNotIn("the folder above", [text for _, text in self.links(b"/").links])
        self.assertEqual(self.links(b"/list/sub/").links[0], ("../", "the folder above"))

    def test_the_folders_own_name_is_escaped(self) -> None:
        (self.root / "<b>bold").mkdir()
        page = self.links(b"/%3Cb%3Ebold/")
        self.assertNotIn("b", page.tags)

    def test_an_empty_folder_says_so(self) -> None:
        self.assertIn(b"The folder is empty", self.get(b"/bare/").body)

    def test_an_index_page_is_shown_in_place_of_the_listing(self) -> None:
        self.assertEqual(self.get(b"/folder/").body, b"the folder's page")

    def test_a_folder_outside_the_root_is_not_listed(self) -> None:
        answer = self.get(b"/outside/")
        self.assertEqual((answer.status, b"secret.txt" in answer.body), (403, False))

    def test_a_folder_that_is_not_there_is_404(self) -> None:
        self.assertEqual([self.get(b"/none/").status, self.get(b"/page.html/").status], [404, 404])

    def test_a_listing_is_always_asked_for_anew(self) -> None:
        self.assertEqual(self.get(b"/bare/")["cache-control"], "no-cache")
        self.write("bare/new.txt", b"new")
        self.assertIn(b"new.txt", self.get(b"/bare/").body)

    def test_head_and_other_methods(self) -> None:
        whole, head = self.get(b"/list/"), self.get(b"/list/", method=b"HEAD")
        self.assertEqual((head.status, head["content-length"]), (200, str(len(whole.body))))
        self.assertEqual(self.get(b"/list/", method=b"POST").status, 405)

    def test_a_thousand_files(self) -> None:
        for number in range(1000):
            (self.root / "bare" / f"{number}.txt").touch()
        self.assertEqual(len(self.links(b"/bare/").links), 1001)


class ThreadTests(StaticTestCase):
    """A listing is made in a thread, and the server has other things to do meanwhile."""

    def setUp(self) -> None:
        super().setUp()
        self.threads: list[Callable[[], None]] = []
        self.reactor.getThreadPool = lambda: self

    def callInThreadWithCallback(self, *work) -> None:
        """The pool of threads: what is to be done, when the test says so."""
        self.threads.append(partial(AtOnce().callInThreadWithCallback, *work))

    def begin_in_root(self, **static) -> None:
        super().begin_in_root(listing=True, **static)

    def ask(self) -> Client:
        client = self.connect().send(request(b"/empty/"))
        self.assertEqual(client.sees(), b"")
        return client

    def make(self) -> None:
        """A thread has done what it had to do."""
        self.threads.pop(0)()
        self.reactor.pump()

    def test_others_are_answered_while_a_listing_is_made(self) -> None:
        client = self.ask()
        self.assertEqual(self.get(b"/page.html").body, b"a page")
        self.make()
        self.assertIn(b"The folder is empty", client.answer().body)
        self.assertEqual(client.send(request(b"/page.html")).answer().body, b"a page")

    def test_one_is_made_after_the_other(self) -> None:
        first, second = self.ask(), self.ask()
        self.assertEqual(len(self.threads), 1)
        self.make()
        self.assertEqual((first.answer().status, second.sees()), (200, b""))
        self.make()
        self.assertEqual((second.answer().status, self.threads), (200, []))

    def test_who_has_closed_his_side_still_gets_his(self) -> None:
        client = self.ask().finish()
        self.make()
        self.assertEqual(client.answer().status, 200)

    def test_for_who_is_gone_none_is_made(self) -> None:
        clients = [self.ask(), self.ask(), self.ask()]
        shutil.rmtree(self.root / "empty")  # if it were looked for, that would be 404
        self.listener.abort()
        self.reactor.pump()
        self.assertTrue(all(client.ended for client in clients))
        while self.threads:
            self.make()
        self.assertEqual(self.server.figures()["answers"], {"499": 3})

    def test_what_goes_wrong_there_is_an_error_page(self) -> None:
        client = self.ask()
        shutil.rmtree(self.root / "empty")
        self.make()
        self.assertEqual(client.answer().status, 404)

    def test_a_server_that_ends_waits_for_it(self) -> None:
        client = self.ask()
        self.server.startService()
        ended = self.server.stopService()
        self.reactor.pump()
        self.assertNoResult(ended)
        self.make()
        self.assertEqual(client.answer()["connection"], "close")
        client.close()
        self.wait(TICK)
        self.successResultOf(ended)
