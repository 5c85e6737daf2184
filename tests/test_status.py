"""The statistics: as a page, as JSON, for Prometheus; and who may see them."""

import json
from ipaddress import ip_network

from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import SynchronousTestCase

from occwserv.resources.status import may_see

from .raw_client import Answer
from .sockets import request
from .standstill import ServerTestCase

SEEN = [
    # the address, the networks, whether it may see
    ("192.0.2.1", (), True),
    ("2001:db8::1", (), True),
    ("unix", (), True),
    ("192.0.2.1", ("192.0.2.1",), True),
    ("192.0.2.2", ("192.0.2.1",), False),
    ("192.0.2.77", ("192.0.2.0/24",), True),
    ("192.0.3.77", ("192.0.2.0/24",), False),
    ("10.1.2.3", ("192.0.2.0/24", "10.0.0.0/8"), True),
    ("127.0.0.1", ("0.0.0.0/0",), True),
    ("::1", ("::1",), True),
    ("::1", ("127.0.0.1",), False),
    ("127.0.0.1", ("::1",), False),
    ("2001:db8:1::5", ("2001:db8::/32",), True),
    ("2001:db9::5", ("2001:db8::/32",), False),
    ("fe80::1%eth0", ("fe80::/10",), True),
    # an IPv4 client of an IPv6 socket
    ("::ffff:192.0.2.1", ("192.0.2.0/24",), True),
    ("::ffff:192.0.3.1", ("192.0.2.0/24",), False),
    ("::ffff:192.0.2.1", ("::/0",), False),
    # no address at all
    ("unix", ("0.0.0.0/0", "::/0"), False),
    ("", ("0.0.0.0/0",), False),
]


class MaySeeTests(SynchronousTestCase):
    """Addresses and networks."""

    def test_the_table(self) -> None:
        for address, networks, expected in SEEN:
            found = may_see(address, [ip_network(network) for network in networks])
            self.assertEqual(found, expected, (address, networks))


class StatusTests(ServerTestCase):
    """The pages of a server that has done something."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()

    def get(self, path: bytes, method: bytes = b"GET", host: str = "192.0.2.1") -> Answer:
        client = self.connect(host=host).send(request(path, method=method))
        answer = client.answer(method.decode())
        client.close()
        return answer

    def figures(self) -> dict:
        return json.loads(self.get(b"/stats.json").body)

    def test_json_has_all_figures(self) -> None:
        for _ in range(3):
            self.get(b"/none")
        self.wait(90)
        figures = self.figures()
        self.assertEqual(figures["server"]["started"], "2023-11-14T22:13:20Z")
        self.assertEqual(figures["server"]["uptime"], 90.0)
        self.assertEqual(figures["answers"], {"404": 3})
        self.assertEqual(figures["resources"], {"static": 3})
        self.assertEqual(figures["requests"], {"total": 3})
        self.assertEqual((figures["connections"]["open"], figures["connections"]["accepted"]), (1, 4))
        self.assertEqual(figures["faults"], {"lost": 0, "twice": 0, "crashed": 0})
        again = self.figures()
        self.assertEqual(again["resources"], {"static": 3, "stats.json": 1})

    def test_the_bytes_are_those_of_the_wire(self) -> None:
        sent = got = 0
        for _ in range(5):
            client = self.connect()
            for path in (b"/", b"/none", b"/style.css", b"/", b"/"):
                sent += len(request(path))
                client.send(request(path))
                got += len(client.take(len(client.sees())))
        figures = self.figures()
        asked = len(request(b"/stats.json"))
        self.assertEqual(figures["bytes"], {"received": sent + asked, "sent": got})
        self.assertEqual(figures["requests"], {"total": 25})
        self.assertEqual(sum(figures["resources"].values()), 25)

    def test_the_page_shows_them(self) -> None:
        self.get(b"/none")
        page = self.get(b"/stats.html")
        self.assertEqual(page["content-type"], "text/html; charset=utf-8")
        for text in (b"404 Not Found", b"static", b"2023-11-14T22:13:20Z", b'http-equiv="refresh" content="5"'):
            self.assertIn(text, page.body)
        self.assertNotIn(b"<script", page.body)

    def test_prometheus_understands_them(self) -> None:
        for _ in range(3):
            self.get(b"/none")
        page = self.get(b"/metrics")
        self.assertEqual(page["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        samples = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(page.body.decode())
            for sample in family.samples
        }
        self.assertEqual(samples["occwserv_answers_total", "404"], 3)
        self.assertEqual(samples["occwserv_requests_total",], 3)
        self.assertEqual(samples["occwserv_connections_open",], 1)
        self.assertEqual(samples["occwserv_faults_total", "lost"], 0)
        self.assertEqual(samples["occwserv_station_passages_total", "reading"], 3)

    def test_nobody_is_to_keep_them(self) -> None:
        for path in (b"/stats.html", b"/stats.json", b"/metrics"):
            self.assertEqual(self.get(path)["cache-control"], "no-store")

    def test_methods(self) -> None:
        for path in (b"/stats.html", b"/stats.json", b"/metrics"):
            for method, status in ((b"GET", 200), (b"HEAD", 200), (b"OPTIONS", 204), (b"POST", 405), (b"PUT", 405)):
                answer = self.get(path, method)
                self.assertEqual(answer.status, status)
                if status in (204, 405):
                    self.assertEqual(answer["allow"], "GET, HEAD, OPTIONS")

    def test_each_can_be_kept_for_some(self) -> None:
        self.begin(stats={"allow": {"json": ["10.0.0.0/8"], "metrics": ["::1", "127.0.0.1"]}})
        for path, host, status in (
            (b"/stats.html", "192.0.2.1", 200),
            (b"/stats.json", "192.0.2.1", 403),
            (b"/stats.json", "10.9.8.7", 200),
            (b"/metrics", "::1", 200),
            (b"/metrics", "::ffff:127.0.0.1", 200),
            (b"/metrics", "10.9.8.7", 403),
        ):
            self.assertEqual(self.get(path, host=host).status, status, (path, host))
            self.assertEqual(self.get(path, b"OPTIONS", host).status, 204 if status == 200 else status)

    def test_each_can_be_elsewhere_or_nowhere(self) -> None:
        self.begin(stats={"page": None, "json": "/status", "metrics": "/a/b"})
        for path, status in ((b"/stats.html", 404), (b"/stats.json", 404), (b"/metrics", 404)):
            self.assertEqual(self.get(path).status, status)
        self.assertEqual([self.get(b"/status").status, self.get(b"/a/b").status], [200, 200])

    def test_a_client_that_left_is_shown_as_that(self) -> None:
        self.server._stats.answers[499] = 1
        self.assertIn(b"499 client left", self.get(b"/stats.html").body)
