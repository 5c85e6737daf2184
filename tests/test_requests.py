"""The corpus: every file of `tests/requests` is read, in every cutting, alone and with more behind it.

`NNN-name.http` is what a client sends, to the byte. `NNN-name.py` says under which rule it stands and what is
`expected`: a dictionary for a request, naming what is not plain about it (`PLAIN`); for a request with a body the
body and the list of its trailers; for a refusal a dictionary with the status. A bug report becomes two files.
"""

import runpy
from pathlib import Path

from occwserv.http.chunked import End
from occwserv.http.head import Request

from .feeding import BEHIND, GARBAGE, SIZES, ReadingTestCase, Seen, cut, read

FOLDER = Path(__file__).parent / "requests"
PLAIN = {
    "method": b"GET",
    "target": b"/",
    "query": None,
    "authority": None,
    "minor": 1,
    "fields": {b"host": b"a"},
    "length": 0,
    "keep_alive": True,
    "expects_continue": False,
}


def complete(event: object) -> object:
    """An expected event with all that goes without saying."""
    if not isinstance(event, dict) or "status" in event:
        return event
    return {**PLAIN, "path": event.get("target", b"/"), **event}


def show(request: Request) -> dict[str, object]:
    """A request as the corpus writes it."""
    return {
        "method": request.method,
        "target": request.target.raw,
        "path": request.target.path,
        "query": request.target.query,
        "authority": request.target.authority,
        "minor": request.minor,
        "fields": request.fields,
        "length": request.length,
        "keep_alive": request.keep_alive,
        "expects_continue": request.expects_continue,
    }


def show_all(events: list[Seen]) -> list[object]:
    """Events as the corpus writes them: a body is there even if it is empty."""
    shown: list[object] = []
    for event in events:
        if isinstance(event, Request):
            shown.append(show(event))
        elif isinstance(event, End):
            shown += [list(event.trailers)] if isinstance(shown[-1], bytes) else [b"", list(event.trailers)]
        else:
            shown.append({"status": event} if isinstance(event, int) else event)
    return shown


class CorpusTests(ReadingTestCase):
    """One test for each file, made below."""

    maxDiff = None

    def test_every_request_has_its_expectation(self):
        for kind in ("valid", "invalid"):
            requests = {path.stem for path in (FOLDER / kind).glob("*.http")}
            expectations = {path.stem for path in (FOLDER / kind).glob("*.py")}
            self.assertEqual(requests, expectations)
            self.assertEqual(len({stem[:3] for stem in requests}), len(requests), "a number is used twice")

    def check(self, path: Path) -> None:
        """Read one file in every cutting, alone and with more behind it."""
        data = path.read_bytes()
        expected = [complete(event) for event in runpy.run_path(str(path.with_suffix(".py")))["expected"]]
        refused = "status" in expected[-1]
        self.assertEqual(refused, path.parent.name == "invalid")
        more, seen = (GARBAGE, []) if refused else (BEHIND, show_all(read([BEHIND])))
        for size in SIZES:
            self.assertEqual(show_all(read(cut(data, size))), expected, f"in pieces of {size}")
            self.assertEqual(show_all(read(cut(data + more, size))), expected + seen, f"in pieces of {size}, with more")


def add_tests() -> None:
    """One test method for each file, so that a failure names it."""
    for path in sorted(FOLDER.glob("*/*.http")):
        name = f"test_{path.parent.name}_{path.stem.replace('-', '_')}"

        def test(self: CorpusTests, path: Path = path) -> None:
            self.check(path)

        test.__name__ = name
        setattr(CorpusTests, name, test)


add_tests()
