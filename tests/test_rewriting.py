"""Pages that are rewritten a hundred times a second while many ask for them: each answer is of one state of its page.

What is written names its generation in every line, and the writer notes when a generation was replaced. So of every
answer it can be told whether it is whole, whether its tag was ever seen with other bytes, and whether it was too old.
"""

import os
import time
from pathlib import Path
from threading import Event, Lock, Thread

from twisted.trial.unittest import SynchronousTestCase

from .raw_client import PATIENCE, Answer, Client
from .serving import Serving

PACE = 0.01
"""Seconds between two generations."""
CLIENTS = 4
REQUESTS = 200
PAGES = {"/small.html": 1000, "/large.html": 20_000}
"""Lines of each page: one is read at once, the other is too long for that. Every generation has some lines more."""


def body_of(path: str, coding: str | None, generation: int) -> bytes:
    """A page, or its compressed form, in a generation."""
    return f"{coding or 'as is'} {generation:08}\n".encode() * (PAGES[path] + generation % 7)


def generation_of(body: bytes) -> int:
    """Which generation a body says it is."""
    return int(body[: body.index(b"\n")].rpartition(b" ")[2])


class Writer:
    """Rewrites the pages, each with a compressed neighbour, until it is told to stop."""

    def __init__(self, root: Path) -> None:
        self.replaced: dict[int, float] = {}
        self.generation = -1
        self._root = root
        self._stopped = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._write()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop behind a last generation, which is the current one from then on."""
        self._stopped.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while not self._stopped.wait(PACE):
            self._write()

    def _write(self) -> None:
        for path in PAGES:
            for coding, ending in ((None, ""), ("br", ".br")):
                new = self._root / "new"
                new.write_bytes(body_of(path, coding, self.generation + 1))
                os.replace(new, self._root / f"{path[1:]}{ending}")
        self.replaced[self.generation] = time.monotonic()
        self.generation += 1


class Reader:
    """Asks for the pages in every way, and looks at each answer.

    :param lag: seconds that a page may be older than its file.
    """

    def __init__(self, client: Client, writer: Writer, lag: float, number: int) -> None:
        self.mistakes: list[str] = []
        self.asked = self.refused = 0
        self.statuses: set[int] = set()
        self.seen: set[int] = set()
        self.tags: dict[str, tuple[str, str | None, int]] = {}
        self._client = client
        self._writer = writer
        self._lag = lag
        self._number = number
        self._newest = 0

    def ask(self, path: str, *lines: str, cut: int = 0) -> Answer:
        """One request; the answer is looked at."""
        began = time.monotonic()
        head = "\r\n".join((f"GET {path} HTTP/1.1", "Host: test", *lines, "", "")).encode()
        answer = self._client.send(*((head[:cut], head[cut:]) if cut else (head,))).answer()
        self.asked += 1
        self.statuses.add(answer.status)
        if answer.status == 503:
            self.refused += 1
        elif answer.status == 304:
            self._look_at_age(self.tags[answer["etag"]][2], began)
        else:
            self._look(path, answer, began)
        return answer

    def round(self) -> None:
        """A whole page, at the door and not; again if it has changed; a part of what was seen."""
        for path in PAGES:
            for accept in ((), ("Accept-Encoding: br",)):
                answer = self.ask(path, *accept)
                self.ask(path, *accept, cut=5 + self._number)
                if answer.status == 200:
                    self.ask(path, *accept, f"If-None-Match: {answer['etag']}")
                    self.ask(path, *accept, "Range: bytes=0-30", f"If-Range: {answer['etag']}")

    def _look(self, path: str, answer: Answer, began: float) -> None:
        coding = dict(answer.fields).get("content-encoding")
        generation = generation_of(answer.body)
        whole = body_of(path, coding, generation)
        if answer.body != (whole[:31] if answer.status == 206 else whole):
            self.mistakes.append(f"{path} of {len(answer.body)} bytes is not generation {generation}")
        meant = self.tags.setdefault(answer["etag"], (path, coding, generation))
        if meant != (path, coding, generation):
            self.mistakes.append(f"{answer['etag']} is {meant}, and {path}, {coding}, {generation}")
        self.seen.add(generation)
        self._look_at_age(generation, began)

    def _look_at_age(self, generation: int, began: float) -> None:
        replaced = self._writer.replaced.get(generation)
        if replaced is not None and replaced <= began - self._lag:
            self.mistakes.append(f"generation {generation} was replaced {began - replaced:.3f} s before")


class RewritingTests(Serving, SynchronousTestCase):
    """With pages in memory, and without."""

    def hammer(self, lag: float, generations: int, *options: str) -> dict:
        """Let clients ask while pages are rewritten, until each has asked often and enough generations were seen.

        :return: the server's figures.
        """
        folder = self.new_folder()
        writer = Writer(folder)
        server = self.start("--root", str(folder), *options)
        readers = [Reader(self.connect(server), writer, lag, number) for number in range(CLIENTS)]
        lock, over = Lock(), Event()
        deadline = time.monotonic() + PATIENCE

        def read(reader: Reader) -> None:
            try:
                while not over.is_set():
                    reader.round()
                    with lock:
                        seen = set().union(*(each.seen for each in readers))
                        enough = len(seen) >= generations and min(each.asked for each in readers) >= REQUESTS
                        if enough or reader.mistakes or time.monotonic() > deadline:
                            over.set()
            except BaseException as error:
                reader.mistakes.append(repr(error))
                over.set()

        threads = [Thread(target=read, args=(reader,), daemon=True) for reader in readers]
        self.addCleanup(writer.stop)
        writer.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * PATIENCE)
        self.assertEqual([reader.mistakes for reader in readers], [[]] * CLIENTS)
        self.assertLess(time.monotonic(), deadline, "too few generations were seen, or the server is too slow")
        self.assert_tags_agree(readers)
        for reader in readers:
            self.assertLessEqual({200, 206, 304}, reader.statuses)
            self.assertLessEqual(reader.statuses, {200, 206, 304, 503})
            self.assertLessEqual(reader.refused, reader.asked / 50, "a page that changes all the while is an exception")
        writer.stop()
        self.assert_the_last_is_served(readers[0], writer)
        figures = self.figures(server)
        self.assertEqual(figures["faults"], {"lost": 0, "twice": 0, "crashed": 0})
        self.end(server)
        return figures

    def assert_tags_agree(self, readers: list[Reader]) -> None:
        """No tag was seen by one client with these bytes, by another one with others."""
        meant: dict[str, tuple] = {}
        for reader in readers:
            for tag, state in reader.tags.items():
                self.assertEqual(meant.setdefault(tag, state), state, tag)

    def assert_the_last_is_served(self, reader: Reader, writer: Writer) -> None:
        """A second behind the last change every way leads to what was written last."""
        written = time.monotonic()
        newest = False
        while not newest:
            began = time.monotonic()
            states = {generation_of(reader.ask(path, cut=cut).body) for path in PAGES for cut in (0, 5)}
            newest = states == {writer.generation}
            self.assertTrue(newest or began < written + 1.5, "the last state is not served within 1.5 seconds")
        self.assertEqual(reader.mistakes, [])

    def test_with_pages_in_memory(self) -> None:
        figures = self.hammer(1.0, 4)
        self.assertGreater(figures["resources"]["door"], REQUESTS)
        self.assertGreater(figures["cache"]["cached"], 0)

    def test_with_no_page_in_memory(self) -> None:
        figures = self.hammer(0.0, 50, "--set", "cache.pages=0")
        self.assertGreater(figures["resources"]["door"], REQUESTS // 2)
        self.assertEqual(figures["cache"]["cached"], 0)
