"""The statistics in their three forms, as the server shows them to people and programs."""

import json
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import SynchronousTestCase

from occwserv import __version__

from .serving import Serving, Shared

ALL = ("/stats.html", "/stats.json", "/metrics")


class Figures(Shared, SynchronousTestCase):
    """What is shown by default."""

    @classmethod
    def fill(cls, root: Path) -> None:
        (root / "index.html").write_text("front")

    def test_requests_are_counted_by_status_and_by_what_answered(self) -> None:
        before = self.figures(self.server)
        for path, method in (
            ("/", "GET"),
            ("/", "HEAD"),
            ("/gone", "GET"),
            ("/", "POST"),
            ("/", "OPTIONS"),
            ("/", "X"),
        ):
            self.get(self.server, path, method=method)
        client = self.connect(self.server)
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n").answer()
        self.connect(self.server).send(b"nonsense\r\n\r\n").answers()
        after = self.figures(self.server)
        # The first question was not yet among its own answer's figures, so it is one of the nine.
        self.assertEqual(after["requests"]["total"] - before["requests"]["total"], 9)
        grown = {
            status: count - before["answers"].get(status, 0)
            for status, count in after["answers"].items()
            if count != before["answers"].get(status, 0)
        }
        self.assertEqual(grown, {"200": 3, "204": 1, "304": 1, "400": 1, "404": 1, "405": 1, "501": 1})
        answered = {name: after["resources"][name] - before["resources"].get(name, 0) for name in after["resources"]}
        self.assertEqual((answered.pop("frontend"), answered.pop("stats.json")), (1, 1))
        self.assertGreaterEqual(answered["static"], 5)  # pages that are remembered are answered elsewhere
        self.assertEqual(sum(answered.values()), 7)
        self.assertGreater(after["bytes"]["sent"], before["bytes"]["sent"] + 1000)
        self.assertGreater(after["bytes"]["received"], before["bytes"]["received"] + 200)
        passed = after["requests"]["total"] - after["resources"].get("door", 0)
        self.assertEqual({station["count"] for station in after["stations"].values()}, {passed})
        self.assertGreaterEqual(after["connections"]["open"], 2)
        self.assertEqual(after["server"]["name"], "occwserv")
        self.assertEqual(after["server"]["version"], __version__)
        self.assertRegex(after["server"]["started"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_the_three_forms_tell_the_same(self) -> None:
        answers = [self.get(self.server, path) for path in ("/stats.json", "/metrics", "/stats.html")]
        page, text, html = (answer.body.decode() for answer in answers)
        figures = json.loads(page)
        families = {family.name: family for family in text_string_to_metric_families(text)}
        by_status = {sample.labels["status"]: sample.value for sample in families["occwserv_answers"].samples}
        asked = int(figures["requests"]["total"])
        self.assertEqual(families["occwserv_requests"].samples[0].value, asked + 1)
        self.assertEqual(by_status["200"], figures["answers"].get("200", 0) + 1)
        self.assertEqual(families["occwserv_connections_open"].type, "gauge")
        self.assertEqual(families["occwserv_requests"].type, "counter")
        self.assertEqual({family.documentation for family in families.values()} & {"", None}, set())
        self.assertEqual(
            {sample.labels["kind"]: sample.value for sample in families["occwserv_faults"].samples},
            {"lost": 0, "twice": 0, "crashed": 0},
        )
        rows = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="number">([^<]+)</td>', html))
        self.assertEqual(rows["requests"], str(asked + 2))
        self.assertEqual(rows["accepted"], str(figures["connections"]["accepted"] + 2))
        self.assertEqual(rows["200 OK"], str(int(by_status["200"]) + 1))
        self.assertEqual(
            [answer["content-type"] for answer in answers],
            ["application/json", "text/plain; version=0.0.4; charset=utf-8", "text/html; charset=utf-8"],
        )
        self.assertEqual({answer["cache-control"] for answer in answers}, {"no-store"})

    def test_statistics_are_read_and_not_written_to(self) -> None:
        for path in ALL:
            head = self.get(self.server, path, method="HEAD")
            self.assertEqual((head.status, head.body), (200, b""))
            self.assertGreater(int(head["content-length"]), 100)
            post = self.get(self.server, path, method="POST")
            self.assertEqual((post.status, post["allow"]), (405, "GET, HEAD, OPTIONS"))
            options = self.get(self.server, path, method="OPTIONS")
            self.assertEqual((options.status, options["allow"]), (204, "GET, HEAD, OPTIONS"))


class Shown(Serving, SynchronousTestCase):
    """Where the statistics are, and to whom they are shown, is a matter of the settings."""

    def statuses(self, *options: str, paths: tuple[str, ...] = ALL) -> list[list[int]]:
        """The statuses of the three forms, as clients from two addresses get them."""
        folder = self.new_folder()
        (folder / "index.html").write_text("front")
        server = self.start("--root", ".", *(word for option in options for word in ("--set", option)), folder=folder)
        return [
            [self.get(server, path, source=source).status for path in paths] for source in ("127.0.0.1", "127.0.0.2")
        ]

    def test_null_switches_them_off(self) -> None:
        off = ("stats.page=null", "stats.json=null", "stats.metrics=null")
        self.assertEqual(self.statuses(*off), [[404, 404, 404]] * 2)

    def test_they_are_where_the_settings_say(self) -> None:
        moved = self.statuses("stats.page=/a/b", "stats.json=/", paths=("/a/b", "/", "/metrics", "/stats.html"))
        self.assertEqual(moved, [[200, 200, 200, 404]] * 2)

    def test_each_is_shown_to_those_it_is_for(self) -> None:
        allowed = ("stats.allow={json: 127.0.0.2, metrics: [10.0.0.0/8, 127.0.0.0/31]}",)
        self.assertEqual(self.statuses(*allowed), [[200, 403, 200], [200, 200, 403]])
