"""A real server under every reactor, and how it ends on SIGTERM and SIGINT."""

import json
import os
import signal
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .serving import STATS, Serving

PAGE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"


def site(folder: Path) -> Path:
    """A front page in a folder."""
    (folder / "index.html").write_text("hello")
    return folder


class Reactors(Serving, SynchronousTestCase):
    """Whatever reactor runs, the same is seen from outside."""

    def serve(self, reactor: str | None, name: str) -> None:
        """Everything once, under one reactor."""
        folder = site(self.new_folder())
        large = os.urandom(5_000_000)
        (folder / "large").write_bytes(large)
        server = self.start("--root", ".", folder=folder, reactor=reactor)
        client = self.connect(server)
        self.assertEqual(json.loads(client.send(STATS).answer().body)["server"]["reactor"], name)
        answer = client.send(LARGE).answer()
        self.assertEqual((answer.status, answer["content-length"]), (200, "5000000"))
        self.assertTrue(answer.body == large, "the large file is not what it was")
        client.send(PAGE + LARGE + PAGE.replace(b"GET", b"HEAD") + PAGE)
        bodies = [client.answer(method).body for method in ("GET", "GET", "HEAD", "GET")]
        self.assertTrue(bodies == [b"hello", large, b"", b"hello"], "the answers are mixed up")
        server.tell(signal.SIGHUP)
        server.wait_for("the settings are reloaded")
        self.assertEqual(client.send(PAGE).answer().body, b"hello")
        self.assertEqual(self.get(server, "/").body, b"hello")
        self.assertEqual(self.end(server).count('"GET /large HTTP/1.1" 200 5000000'), 2)

    def test_the_default_is_asyncio_on_uvloop(self) -> None:
        self.serve(None, "AsyncioSelectorReactor")

    def test_epoll(self) -> None:
        self.serve("epoll", "EPollReactor")

    def test_asyncio(self) -> None:
        self.serve("asyncio", "AsyncioSelectorReactor")

    def test_sigint_ends_it_as_well(self) -> None:
        for reactor in (None, "epoll"):
            server = self.start(reactor=reactor)
            self.assertEqual(server.stop(signal.SIGINT), 0, reactor)
            self.assertNotIn("Traceback", server.output)


class Ending(Serving, SynchronousTestCase):
    """SIGTERM: nobody new, those who are here are served to the end, but not for ever."""

    def download(self, grace: str):
        """A client in the middle of a download, of which most is still in the server's hands."""
        folder = site(self.new_folder())
        with open(folder / "large", "wb") as file:
            file.truncate(64 << 20)
        server = self.start("--root", ".", "--set", f"shutdown.grace={grace}", folder=folder)
        client = self.connect(server, window=65536)
        self.assertIn(b"Content-Length: 67108864\r\n", client.send(LARGE).take(1000))
        return server, client

    def test_a_download_under_way_is_completed(self) -> None:
        server, client = self.download("30")
        idle = self.connect(server)
        idle.send(PAGE).answer()
        server.tell(signal.SIGTERM)
        server.wait_for("Port .* Closed")
        self.assert_refused(server.port)
        # Nothing that is told it now makes it stop sooner, or begin anew.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            server.tell(number)
        server.wait_for("the settings are reloaded")
        self.assert_refused(server.port)
        self.assertEqual(idle.rest(), b"")
        rest = client.rest()  # at the end of this answer all others have been told farewell
        self.assertGreater(len(rest), 67108864 - 1000)
        self.assertEqual(server.end(), 0)
        self.assertIn('"GET /large HTTP/1.1" 200 67108864', server.output)
        self.assertNotIn("cut off", server.output)
        self.assertNotIn("Traceback", server.output)

    def test_a_download_is_cut_off_when_the_grace_is_over(self) -> None:
        server, client = self.download("0.5")
        self.assertEqual(server.stop(), 0)
        self.assertIn("cut off 127.0.0.1 after the grace", server.output)
        self.assertLess(len(client.cut_off()), 67108864 - 1000)

    def test_a_request_that_was_on_its_way_is_answered_and_the_connection_closed(self) -> None:
        server = self.start("--root", ".", folder=site(self.new_folder()))
        kept, early = self.connect(server), self.connect(server)
        kept.send(PAGE).answer()
        early.send(PAGE[:10])
        self.until(server, lambda figures: figures["connections"]["open"] == 3)
        # Stopped, the server finds the signal and the requests at the same moment.
        server.tell(signal.SIGSTOP)
        server.tell(signal.SIGTERM)
        kept.send(PAGE)
        early.send(PAGE[10:])
        late = self.connect(server).send(PAGE)
        server.tell(signal.SIGCONT)
        for client in (kept, early, late):
            answer = client.answer()
            self.assertEqual((answer.status, answer.body), (200, b"hello"))
            self.assertEqual(client.rest(), b"")
        self.assertEqual(server.end(), 0)
        self.assertEqual(server.output.count('"GET / HTTP/1.1" 200 5 '), 4)

    def test_idle_clients_are_left_and_do_not_hold_it_up(self) -> None:
        server = self.start("--root", ".", "--set", "shutdown.grace=25", folder=site(self.new_folder()))
        used, unused = self.connect(server), self.connect(server)
        used.send(PAGE).answer()
        self.until(server, lambda figures: figures["connections"]["open"] == 3)
        self.assertEqual(server.stop(), 0)
        self.assertEqual((used.rest(), unused.rest()), (b"", b""))
        self.assertNotIn("cut off", server.output)
