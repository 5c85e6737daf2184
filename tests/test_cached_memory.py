"""Pages in memory: which come there, and that no bytes are kept that nobody will be sent."""

import gc
import os
import tracemalloc

from occwserv.resources.cached import CachedPage
from occwserv.resources.files import OpenFile, Root

from .test_cached import OLD, CachedTestCase

PAGE = 60_000


class PlaceTests(CachedTestCase):
    """What wins a place in memory, and what does not."""

    def from_file(self, *fields: bytes, path: bytes = b"/page.html") -> list[bytes]:
        """Ask for a page, both ways; the files that were opened for that."""
        opened: list[bytes] = []
        real = Root.open

        def note(root: Root, relative: bytes) -> OpenFile:
            opened.append(relative)
            return real(root, relative)

        Root.open = note
        try:
            answers = {self.ask(path, *fields, way=way).body for way in ("short", "long")}
        finally:
            Root.open = real
        self.assertEqual(len(answers), 1)
        return opened

    def test_a_page_in_memory_is_sent_without_its_file(self) -> None:
        self.warm()
        for _ in range(3):
            self.assertEqual(self.from_file(), [])
            self.reactor.advance(1)

    def test_the_largest_page_that_may_be_there(self) -> None:
        self.begin(cache={"page": PAGE})
        for size, kept in ((PAGE, True), (PAGE + 1, False)):
            self.write("page.html", b"x" * size)
            self.reactor.advance(1)
            self.assertEqual(len(self.warm().body), size)
            self.assertEqual(self.from_file() == [], kept, size)
            self.assertEqual(self.cached()["bytes"], size if kept else 0)

    def test_no_page_may_be_there(self) -> None:
        self.begin(cache={"pages": 0})
        self.warm()
        self.assertEqual(self.from_file(), [b"page.html"] * 2)
        self.assertEqual(self.cached(), {"cached": 0, "competing": 0, "bytes": 0})
        self.assertEqual(self.server.figures_with_pages()["pages"], [])

    def test_no_byte_may_be_there(self) -> None:
        self.begin(cache={"bytes": 0})
        self.warm()
        self.assertEqual(self.from_file(), [b"page.html"] * 2)
        self.write("nothing", b"")
        self.assertEqual(self.warm(b"/nothing").body, b"")

    def test_a_page_counts_with_all_its_forms(self) -> None:
        self.write("page.html.br", b"b" * 10)
        self.write("page.html.gz", b"g" * 20)
        self.warm()
        self.assertEqual(self.cached()["bytes"], len(b"the old page") + 30)
        for accept, body in ((b"br", b"b" * 10), (b"gzip", b"g" * 20), (b"identity", b"the old page")):
            field = b"Accept-Encoding: " + accept
            self.assertEqual(self.from_file(field), [])
            self.assertEqual(self.ask(b"/page.html", field).body, body)

    def test_a_page_that_is_too_large_with_all_its_forms_is_read_for_that_once_a_second(self) -> None:
        self.begin(cache={"page": 1000})
        self.write("page.html", b"p" * 990)
        self.write("page.html.br", b"b" * 20)
        self.warm()
        for _ in range(3):
            self.assertEqual(self.from_file(), [b"page.html", b"page.html.br"] * 2)
            self.assertEqual(self.cached()["bytes"], 0)
            self.reactor.advance(1)
            self.ask()
        (self.root / "page.html.br").unlink()
        self.reactor.advance(1)
        self.warm()
        self.assertEqual(self.from_file(), [])

    def test_a_neighbour_that_is_too_large_is_not_read(self) -> None:
        os.truncate(self.write("page.html.gz", b""), 1 << 30)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.warm()
        self.assertLess(tracemalloc.get_traced_memory()[1], 1 << 22)
        self.assertEqual(self.cached()["cached"], 0)

    def test_a_page_that_changes_while_it_is_read_is_not_kept(self) -> None:
        real = Root.open
        self.addCleanup(setattr, Root, "open", real)

        def change(root: Root, relative: bytes) -> OpenFile:
            file = real(root, relative)
            self.write("page.html", b"%d" % file.changed_ns)
            return file

        Root.open = change
        self.assertEqual([self.ask(way=way).status for way in ("short", "long")], [503, 503])
        self.assertEqual(self.cached()["cached"], 0)
        Root.open = real
        self.warm()
        self.assertEqual(self.cached()["cached"], 1)

    def test_a_neighbour_that_can_not_be_read_does_no_harm(self) -> None:
        self.write("page.html.br", b"br")
        real = Root.open
        self.addCleanup(setattr, Root, "open", real)

        def unreadable(root: Root, relative: bytes) -> OpenFile:
            file = real(root, relative)
            if relative.endswith(b".br"):
                os.close(file.descriptor)
                file.descriptor = os.open(root.path, os.O_RDONLY)  # reading a folder is an error
            return file

        Root.open = unreadable
        self.assertEqual([self.ask(way=way).body for way in ("long", "short", "long")], [OLD] * 3)
        self.assertEqual(self.cached()["cached"], 0)
        Root.open = real
        self.warm()
        self.assertEqual(self.cached()["cached"], 1)

    def test_the_library_by_itself(self) -> None:
        library, second = self.library, int(self.reactor.seconds())
        self.write("page.html.br", b"br")
        self.assertIsNone(library.cached(b"page.html", second))
        before = len(os.listdir("/proc/self/fd"))
        for accept, coding, size in ((None, b"", 12), (b"br", b"br", 2), (b"gzip", b"", 12)):
            file, chosen, varies = library.open(b"page.html", accept, second)
            self.assertEqual((chosen, varies, file.size), (coding, True, size))
            self.assertEqual(len(os.listdir("/proc/self/fd")), before + 1, "only the one that is sent stays open")
            file.close()
        library.sent(b"page.html", 12, second)
        page = library.cached(b"page.html", second)
        self.assertEqual(
            {coding: body for coding, (body, _) in page.forms.items()}, {b"": b"the old page", b"br": b"br"}
        )
        self.assertEqual((self.cached()["bytes"], page.media_type), (14, b"text/html; charset=utf-8"))
        for later in range(1, 5):
            self.assertIs(library.cached(b"page.html", second + later), page)
        self.write("page.html", b"new")
        self.assertIs(library.cached(b"page.html", second + 4), page, "it has been looked after in this second")
        self.assertIsNone(library.cached(b"page.html", second + 5))
        self.assertEqual((page.forms, self.cached()["bytes"]), ({}, 0))
        library.sent(b"none", 100, second + 5)
        self.assertIsNone(library.cached(b"none", second + 5))
        self.assertEqual(self.cached()["cached"], 0)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class ReleaseTests(CachedTestCase):
    """Whoever loses its place is let go, though heads and lines that lead to it are remembered."""

    def setUp(self) -> None:
        super().setUp()
        for number in range(100):
            self.write(f"{number}", b"%02d" % number * (PAGE // 2))
        self.begin(cache={"pages": 5, "bytes": 10 * PAGE, "page": PAGE})

    def visit(self, times: int) -> None:
        for number in range(100):
            for _ in range(times):
                answer = self.ask(b"/%d" % number, b"User-Agent: %d" % number)
                self.assertEqual(answer.body[:4], b"%02d" % number * 2)
                self.assertEqual(len(answer.body), PAGE)
            for _ in range(5):
                self.server._pages.age()

    def held(self) -> int:
        """Bytes of all pages and answers there are."""
        gc.collect()
        pages = [each for each in gc.get_objects() if isinstance(each, CachedPage)]
        return sum(len(body) for page in pages for body, _ in page.forms.values())

    def test_only_pages_of_the_cache_have_bytes(self) -> None:
        for _ in range(3):
            self.visit(12)
            self.assertGreater(self.listener.site.door.figures()["heads"], 50, "many were there for a time")
            figures = self.cached()
            self.assertLessEqual(figures["cached"], 5)
            self.assertEqual(self.held(), figures["bytes"])
            self.reactor.advance(1)
        self.assertGreater(self.listener.site.door.figures()["lines"], 50)

    def test_the_memory_is_bounded(self) -> None:
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        most = 0
        for _ in range(3):
            self.visit(12)
            gc.collect()
            most = max(most, tracemalloc.get_traced_memory()[0])
            self.reactor.advance(1)
        self.assertLess(most, 5 * PAGE * 2 + 600_000, "each page is there as it is, and as it is sent")

    def test_nothing_is_held_when_the_files_are_gone(self) -> None:
        self.visit(12)
        for number in range(100):
            (self.root / str(number)).unlink()
        self.reactor.advance(1)
        for number in range(100):
            self.assertEqual(self.ask(b"/%d" % number, b"User-Agent: %d" % number).status, 404)
        self.assertEqual((self.held(), self.cached()["bytes"], self.cached()["cached"]), (0, 0, 0))
