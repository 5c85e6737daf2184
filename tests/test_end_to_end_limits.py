"""How much and how long a client may: every limit is met once, and the server serves on."""

import json
import re
import signal
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .serving import HERE, SERVING, STATS, Serving, Shared

PAGE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"


class Sizes(Shared, SynchronousTestCase):
    """Limits of size, all small."""

    options = (
        "--set", "limits={line: 100, head: 400, headers: 5, body: 1000, ranges: 2, requests: 3, drain: 500}",
    )  # fmt: skip

    @classmethod
    def fill(cls, root: Path) -> None:
        (root / "index.html").write_text("0123456789" * 100)

    def refused(self, status: int, request: bytes) -> None:
        (answer,) = self.connect(self.server).send(request + PAGE).answers()
        self.assertEqual((answer.status, answer["connection"]), (status, "close"))

    def test_the_request_line(self) -> None:
        fits = b"GET /?%b HTTP/1.1" % (b"a" * (100 - len("GET /? HTTP/1.1")))
        self.assertEqual(self.connect(self.server).send(fits + b"\r\nHost: a\r\n\r\n").answer().status, 200)
        self.refused(414, fits.replace(b"?", b"?b") + b"\r\nHost: a\r\n\r\n")
        self.refused(414, b"GET /" + b"a" * 10_000)

    def test_the_head(self) -> None:
        start = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
        fits = start + b"x" * (400 - len(start) - 4) + b"\r\n\r\n"
        self.assertEqual(self.connect(self.server).send(fits).answer().status, 200)
        self.refused(431, fits.replace(b"x", b"xx", 1))
        self.refused(431, start + b"x" * 10_000)

    def test_the_number_of_fields(self) -> None:
        fits = PAGE[:-2] + b"X: y\r\n" * 4 + b"\r\n"
        self.assertEqual(self.connect(self.server).send(fits).answer().status, 200)
        self.refused(431, fits[:-2] + b"X: y\r\n\r\n")

    def test_the_body(self) -> None:
        fits = POST + b"Content-Length: 1000\r\n\r\n"
        self.assertEqual(self.connect(self.server).send(fits).answer().status, 405)
        self.refused(413, fits.replace(b"1000", b"1001"))

    def test_a_body_that_is_not_read_is_passed_over_if_it_is_short_and_else_ends_the_connection(self) -> None:
        client = self.connect(self.server).send(POST + b"Content-Length: 500\r\n\r\n" + b"x" * 500 + PAGE)
        self.assertEqual([client.answer().status for _ in range(2)], [405, 200])
        (answer,) = self.connect(self.server).send(POST + b"Content-Length: 501\r\n\r\n" + b"x" * 501 + PAGE).answers()
        self.assertEqual((answer.status, answer["connection"]), (405, "close"))
        chunks = POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"190\r\n" + b"x" * 400 + b"\r\n"
        client = self.connect(self.server).send(chunks + b"0\r\n\r\n" + PAGE)
        self.assertEqual([client.answer().status for _ in range(2)], [405, 200])

    def test_the_number_of_ranges(self) -> None:
        for ranges, status in ((b"0-9,500-509", 206), (b"0-9,500-509,900-909", 200)):
            request = PAGE[:-2] + b"Range: bytes=%b\r\n\r\n" % ranges
            self.assertEqual(self.connect(self.server).send(request).answer().status, status)

    def test_the_number_of_requests_on_a_connection(self) -> None:
        answers = self.connect(self.server).send(PAGE * 5).answers()
        self.assertEqual(["connection" in answer for answer in answers], [False, False, True])
        self.assertEqual(answers[-1]["connection"], "close")


class Times(Shared, SynchronousTestCase):
    """Limits of time, all short. What is asserted is what happens, not when."""

    options = (
        "--set", "timeouts={head: 0.5, idle: 0.5, write: 0.5, linger: 0.5, body: 0.5}",
        "--set", "limits={rate: 1000, drain: 1000}",
    )  # fmt: skip

    @classmethod
    def fill(cls, root: Path) -> None:
        (root / "index.html").write_text("front")
        with open(root / "large", "wb") as file:
            file.truncate(64 << 20)

    def test_a_head_that_does_not_come_is_408(self) -> None:
        clients = [self.connect(self.server).send(beginning) for beginning in (b"G", PAGE[:-1], b"\r\nGET / ")]
        for client in clients:
            (answer,) = client.answers()
            self.assertEqual((answer.status, answer["connection"]), (408, "close"))

    def test_a_head_that_trickles_is_408_too(self) -> None:
        client = self.connect(self.server).send(b"GET / HTTP/1.1\r\nX: ")
        client.socket.settimeout(0.05)
        answer = None
        while answer is None:
            client.send(b"x")
            try:
                answer = client.answer()
            except TimeoutError:
                continue
        self.assertEqual(answer.status, 408)

    def test_a_kept_connection_that_is_not_used_is_closed_without_a_word(self) -> None:
        used, unused = self.connect(self.server), self.connect(self.server)
        self.assertEqual(used.send(PAGE).answer().status, 200)
        self.assertEqual((used.rest(), unused.rest()), (b"", b""))

    def test_a_body_that_is_not_wanted_and_does_not_come_ends_the_connection(self) -> None:
        (answer,) = self.connect(self.server).send(POST + b"Content-Length: 5\r\n\r\nab").answers()
        self.assertEqual(answer.status, 405)

    def test_an_answer_that_is_not_taken_is_cut_off(self) -> None:
        client = self.connect(self.server, window=65536)
        began = client.send(PAGE.replace(b"/ ", b"/large ")).take(1000)
        self.until(self.server, lambda figures: figures["connections"]["open"] == 1)
        self.assertLess(len(began + client.cut_off()), 64 << 20)

    def test_an_answer_that_is_taken_quickly_enough_is_not(self) -> None:
        client = self.connect(self.server)
        self.assertEqual(len(client.send(PAGE.replace(b"/ ", b"/large ")).answer().body), 64 << 20)


class Numbers(Serving, SynchronousTestCase):
    """Limits of how many clients there are."""

    def turned_away(self, *options: str, others: str) -> None:
        """With these options there is room for three; for a fourth only from another address, if at all."""
        folder = self.new_folder()
        (folder / "index.html").write_text("front")
        server = self.start("--root", ".", *options, folder=folder)
        inside = [self.connect(server) for _ in range(3)]
        for client in inside:
            self.assertEqual(client.send(PAGE).answer().status, 200)
        for asked in (b"", PAGE, PAGE * 20):
            turned = self.connect(server).send(asked).answer()
            self.assertEqual((turned.status, turned["connection"]), (503, "close"))
            self.assertRegex(turned["retry-after"], r"^\d+$")
        self.assertEqual(str(self.connect(server, source="127.0.0.2").send(PAGE).answer().status), others)
        for client in inside:
            self.assertEqual(client.send(PAGE).answer().status, 200)
        inside[0].close()
        # Until the server has noticed that one left.
        while (latest := self.connect(server)).send(PAGE).answer().status == 503:
            pass
        figures = json.loads(latest.send(STATS).answer().body)["connections"]
        self.assertEqual(figures["open"], 4 if others == "200" else 3)
        self.assertGreaterEqual(figures["refused"], 3)
        self.end(server)

    def test_clients_in_all(self) -> None:
        self.turned_away("--set", "limits.connections=3", others="503")

    def test_clients_from_one_address(self) -> None:
        self.turned_away("--set", "limits.per_client=3", others="200")


class Descriptors(Serving, SynchronousTestCase):
    """When file descriptors run out, nobody new is taken in, and those who are here are served."""

    def exhaust(self, reactor: str | None) -> None:
        folder = self.new_folder()
        (folder / "index.html").write_text("front")
        (folder / "large").write_bytes(bytes(1_000_000))
        (folder / "tap.yaml").write_text(f"listen: [{HERE}:backlog=200]")
        server = self.start("--root", ".", folder=folder, listen=None, descriptors=130, reactor=reactor)
        first = self.connect(server)
        inside = []
        # One after the other, until one was one too many; the first has asked each time.
        while not json.loads(first.send(STATS).answer().body)["connections"]["pauses"]:
            self.assertLess(len(inside), 130)
            inside.append(self.connect(server).send(PAGE))
            self.assertEqual(inside[-1].answer().body, b"front")
        server.wait_for("file descriptors are free: accepting pauses")
        (folder / "tap.yaml").write_text(f"listen: [{HERE}:backlog=200, {HERE}]")
        server.tell(signal.SIGHUP)
        another = int(server.wait_for(SERVING)[2])  # opened meanwhile
        waiting = [self.connect(port).send(PAGE) for port in (another, *[server.port] * 20)]
        for client in inside:
            self.assertEqual(client.send(PAGE).answer().body, b"front")
            self.assertEqual(len(client.send(PAGE.replace(b"/ ", b"/large ")).answer().body), 1_000_000)
        # While it lasts nobody is taken in, not even one each time the server looks.
        waiting[0].socket.settimeout(1.5)
        with self.assertRaises(TimeoutError):
            waiting[0].answer()
        waiting[0].socket.settimeout(30)
        for client in inside[:25]:
            client.close()
        server.wait_for("accepting goes on")
        for client in waiting:
            self.assertEqual(client.answer().body, b"front")
        for client in (first, *inside, *waiting):
            client.close()
        self.assertEqual(self.get(server, "/").body, b"front")
        self.assertGreater(self.figures(server)["connections"]["pauses"], 0)
        self.end(server)

    def test_a_page_for_which_there_is_none_is_503_and_no_mistake(self) -> None:
        # A download may take two descriptors. By one of the limits the first of them is the last there is.
        for descriptors in (60, 61):
            folder = self.new_folder()
            with open(folder / "large", "wb") as file:
                file.truncate(16 << 20)
            # None is kept free, so that every download may take the last.
            options = ("--root", ".", "--set", "limits.descriptors=0")
            server = self.start(*options, folder=folder, descriptors=descriptors)
            clients = [self.connect(server, window=65536) for _ in range(30)]
            for client in clients:
                client.send(STATS).answer()
            begun = [client.send(PAGE.replace(b"/ ", b"/large ")).take(12) for client in clients]
            self.assertEqual(set(begun), {b"HTTP/1.1 200", b"HTTP/1.1 503"})
            refused = clients[begun.index(b"HTTP/1.1 503")]
            refused.take(int(re.search(rb"Content-Length: (\d+)", refused.until(b"\r\n\r\n"))[1]))
            faults = json.loads(refused.send(STATS).answer().body)["faults"]
            self.assertEqual(faults, {"lost": 0, "twice": 0, "crashed": 0})
            for client in clients:
                if client is not refused:
                    client.close()
            while (answer := refused.send(PAGE.replace(b"/ ", b"/large ")).answer()).status == 503:
                pass  # until the server has noticed that they left
            self.assertEqual(len(answer.body), 16 << 20)
            self.end(server)

    def test_accepting_pauses_and_goes_on(self) -> None:
        self.exhaust(None)

    def test_accepting_pauses_and_goes_on_under_epoll(self) -> None:
        self.exhaust("epoll")
