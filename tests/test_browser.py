"""The shipped site in a browser: Chromium, headless, with a profile of its own."""

import html
import re
import shutil
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from occwserv import __version__

from .serving import HERE, Server, Shared, run

# Time is virtual: it stands still while an answer is awaited, and the timers of the page cost none. So at the end of
# the budget the front page has asked for its figures twice, however slow the machine is; and the page of statistics
# has not yet asked for itself anew, which Chromium would then do for ever.
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--disable-dev-shm-usage", "--disable-default-apps",
    "--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom",
)  # fmt: skip


class Browser(Shared, SynchronousTestCase):
    """One server with the shipped site, and a new browser for every page."""

    @classmethod
    def launch(cls, folder: Path) -> Server:
        return Server(folder, "--listen", HERE)

    def setUp(self) -> None:
        names = ("chromium", "chromium-browser", "google-chrome")
        self.program = next(filter(None, map(shutil.which, names)), None)
        if self.program is None:
            raise SkipTest("Chromium is not installed")
        super().setUp()

    def open(self, path: str) -> str:
        """The page as the browser has it in the end."""
        folder = self.new_folder()
        url = f"http://127.0.0.1:{self.server.port}{path}"
        done = run((self.program, *OPTIONS, f"--user-data-dir={folder / 'profile'}", url), folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Uncaught", done.stderr)
        self.assertNotIn("Content Security Policy", done.stderr)
        return done.stdout

    def title(self, page: str) -> str:
        return html.unescape(re.search(r"<title>(.*?)</title>", page)[1])

    def test_the_live_figures_of_the_front_page_become_numbers(self) -> None:
        page = self.open("/")
        self.assertIn("occwserv", self.title(page))
        figures = {
            name: re.sub(r"<[^>]+>", "", text)
            for name, text in re.findall(r'data-live="([^"]+)"[^>]*>(.*?)</dd>', page)
        }
        for name in (
            "requests.total", "connections.open", "answers.2xx", "answers.3xx", "answers.4xx", "answers.5xx",
        ):  # fmt: skip
            self.assertRegex(figures.pop(name), r"^\d+$", name)
        self.assertRegex(figures.pop("bytes.sent"), r"^\d+(\.\d)? [kMG]?B$")
        self.assertRegex(figures.pop("server.uptime"), r"^\d+ \w+( \d+ \w+)?$")
        self.assertEqual(figures.pop("server.version"), __version__)
        for name in ("stations.reading", "stations.answering", "stations.writing"):
            self.assertRegex(figures.pop(name), r"^\d+(\.\d)? (µs|ms|s)$")
        self.assertEqual(figures, {})
        self.assertNotRegex(page, r"data-live-board[^>]*hidden")
        self.assertIn("Asked anew every two seconds", page)

    def test_the_page_of_statistics(self) -> None:
        page = self.open("/stats.html")
        self.assertIn("Statistics", self.title(page))
        rows = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="number">([^<]+)</td>', page))
        for name in ("open", "accepted", "requests", "bytes sent", "lost", "crashed", "written"):
            self.assertRegex(rows[name], r"^\d+$")

    def test_the_page_of_ideas(self) -> None:
        page = self.open("/about.html")
        self.assertIn("ideas", self.title(page))
        self.assertIn("</main>", page)

    def test_the_page_of_things_to_try_has_the_address_of_this_server_in_its_commands(self) -> None:
        page = self.open("/try.html")
        self.assertIn("try", self.title(page))
        addresses = dict(re.findall(r'data-address="(\w+)">([^<]+)<', page))
        host, port = "127.0.0.1", self.server.port
        self.assertEqual(
            addresses, {"origin": f"http://{host}:{port}", "host": f"{host}:{port}", "netcat": f"{host} {port}"}
        )

    def test_a_page_that_is_not_there_is_the_error_page_with_its_style(self) -> None:
        page = self.open("/not/there")
        self.assertIn("404", self.title(page))
        self.assertIn("</main>", page)
        self.server.wait_for(r'"GET /not/there HTTP/1\.1" 404 ')
        self.server.wait_for(r'"GET /style\.css HTTP/1\.1" 200 \d+ "http://127\.0\.0\.1:\d+/not/there"')
