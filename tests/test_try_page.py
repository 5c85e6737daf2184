"""What `try.html` of the shipped site says one should see is what is seen: its command lines are run, in order."""

import html.parser
import re
import shlex
import shutil
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .serving import REPOSITORY, Serving, needed, run

PAGE = REPOSITORY / "public_html" / "try.html"
ADDRESS = re.compile(r"localhost(:| )8080")


class Experiments(html.parser.HTMLParser):
    """The command lines of the page, and what is to be seen behind them.

    `found` is a list of (lines to type, text to see, its strong parts).
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[list[str], str, list[str]]] = []
        self._block = self._part = ""
        self._typed: list[str] = []
        self._seen: list[str] = []
        self._strong: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        if tag == "pre":
            self._block = dict(attributes)["class"]
        elif tag in ("kbd", "samp", "b") and self._block:
            self._part = tag
            if tag == "kbd":
                self._typed.append("")
            elif tag == "b":
                self._strong.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "b":
            self._part = "samp"
        elif tag == "pre":
            if self._block == "see":
                self.found.append((self._typed, "".join(self._seen), self._strong))
                self._typed, self._seen, self._strong = [], [], []
            self._block = self._part = ""

    def handle_data(self, data: str) -> None:
        if self._part == "kbd":
            self._typed[-1] += data
        elif self._part in ("samp", "b"):
            self._seen.append(data)
            if self._part == "b":
                self._strong[-1] += data


def fragments(text: str) -> list[str]:
    """The pieces of a text to see between its `…`, without blanks."""
    return [piece for line in text.splitlines() for part in line.split("…") if (piece := "".join(part.split()))]


class TryPage(Serving, SynchronousTestCase):
    """The page as it is, against the shipped site."""

    def type(self, line: str) -> bytes:
        """What a command line writes; for one that pipes into netcat, what the server answers to it."""
        command, pipe, netcat = ADDRESS.sub(rf"127.0.0.1\g<1>{self.server.port}", line).partition(" | nc ")
        done = run((needed("sh"), "-c", command), self.folder, text=False)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stderr.decode()}")
        if not pipe:
            return done.stdout
        self.assertEqual(netcat.split(), ["127.0.0.1", str(self.server.port)])
        return self.connect(self.server).send(done.stdout).rest()

    def setUp(self) -> None:
        needed("curl")
        self.folder = self.new_folder()
        self.server = self.start()

    def test_every_experiment_shows_what_the_page_says(self) -> None:
        experiments = Experiments(PAGE.read_text()).found
        self.assertGreater(len(experiments), 10)
        for lines, text, strong in experiments:
            output = b"".join(self.type(line) for line in lines).decode("utf-8")
            told = f"{lines}\nshould show\n{text}\nbut shows\n{output[:3000]}"
            seen = "".join(output.split())
            for fragment in fragments(text):
                self.assertIn(fragment, seen, told)
            wanted = [part for part in strong if part.startswith("HTTP/")]
            statuses = re.findall(r"^HTTP/1\.1 [^\r\n]*", output, re.MULTILINE)
            self.assertEqual(len(statuses), len(wanted), told)
            for status, pattern in zip(statuses, wanted, strict=True):
                self.assertRegex(status, ".*".join(map(re.escape, pattern.split("…"))), told)

    def test_curl_is_in_every_section_that_is_not_about_raw_bytes(self) -> None:
        lines = [line for typed, _, _ in Experiments(PAGE.read_text()).found for line in typed]
        self.assertGreaterEqual(sum(shlex.split(line)[0] == "curl" for line in lines), 10)
        self.assertTrue(all(shlex.split(line)[0] in ("curl", "printf") for line in lines))
        self.assertTrue(all(ADDRESS.search(line) for line in lines))

    def test_what_the_text_says_besides_is_true(self) -> None:
        root = Path(REPOSITORY / "public_html")
        url = f"http://127.0.0.1:{self.server.port}"
        for path in ("robots.txt", "style.css", "no-such-page"):
            get, head = self.get(self.server, f"/{path}"), self.get(self.server, f"/{path}", method="HEAD")
            self.assertEqual({name for name, _ in get.fields}, {name for name, _ in head.fields})
            self.assertEqual((head["content-length"], head.body), (str(len(get.body)), b""))
        curl = (shutil.which("curl"), "-s")
        last = run((*curl, "-r", "-16", f"{url}/style.css"), self.folder, text=False).stdout
        self.assertEqual(last, (root / "style.css").read_bytes()[-16:])
        failure = run((*curl, f"{url}/no-such-page"), self.folder, text=False).stdout
        self.assertEqual(failure, (root / "error404.html").read_bytes())
