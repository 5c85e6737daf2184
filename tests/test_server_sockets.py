"""What only real ports can show: places that are taken, and clients in the kernel's queue."""

import os
import shutil
import socket
import tempfile

from twisted.internet import reactor
from twisted.internet.defer import DeferredList, inlineCallbacks
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from occwserv.server import CanNotServe, Server
from occwserv.settings import Settings

from .raw_client import Answer, Client
from .sockets import request
from .standstill import SITE, settings


class SocketTests(TestCase):
    """A server on the reactor that the tests run on."""

    timeout = 20

    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="occwserv-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.sections: dict = {}

    def begin(self, *listen: str, **sections) -> Server:
        self.listen = list(listen)
        self.sections = sections
        server = Server(reactor, self.chosen(), self.chosen)
        server.privilegedStartService()
        server.startService()
        self.addCleanup(lambda: server.running and server.stopService())
        return server

    def chosen(self) -> Settings:
        usual = {"log": {"access": None}, "static": {"root": SITE}, "shutdown": {"grace": 5}}
        return settings(listen=self.listen, **{**usual, **self.sections})

    @staticmethod
    def port() -> int:
        """A port that is free."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            return listening.getsockname()[1]

    @staticmethod
    def get(port: int) -> Answer:
        """An answer to a client of its own, which waits for it; to be called in a thread."""
        client = Client(port)
        try:
            return client.send(request(b"/robots.txt", b"Connection: close")).answer()
        finally:
            client.close()

    @inlineCallbacks
    def test_the_same_port_moves_to_another_interface(self):
        port = self.port()
        server = self.begin(f"tcp:{port}")
        for listen in (f"tcp:{port}:interface=127.0.0.1", f"tcp:{port}", f"tcp:{port}:interface=127.0.0.1"):
            self.listen = [listen]
            server.reload()
            yield server._moved
            answer = yield deferToThread(self.get, port)
            self.assertEqual(answer.status, 200)

    def test_a_place_that_is_taken_is_told(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.listen = [f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1"]
            server = Server(reactor, self.chosen(), self.chosen)
            error = self.assertRaises(CanNotServe, server.privilegedStartService)
            self.assertIn(f"can not listen at {self.listen[0]}", str(error))

    @inlineCallbacks
    def test_clients_in_the_kernels_queue_are_answered_before_it_ends(self):
        port = self.port()
        server = self.begin(f"tcp:{port}:interface=127.0.0.1")
        yield deferToThread(self.get, port)
        # The reactor does not run meanwhile: they are all in the queue when the server is told to end.
        clients = [Client(port) for _ in range(20)]
        for client in clients:
            self.addCleanup(client.close)
            client.send(request(b"/robots.txt"))
        stopped = server.stopService()
        answers = yield DeferredList([deferToThread(client.answer) for client in clients], consumeErrors=True)
        self.assertEqual([answer.status if good else answer.value for good, answer in answers], [200] * 20)
        for client in clients:
            client.close()
        yield stopped

    @inlineCallbacks
    def test_a_request_on_its_way_does_not_cost_the_client_the_last_answer(self):
        port = self.port()
        with open(os.path.join(self.folder, "page"), "wb") as page:
            page.write(b"x" * 60_000)
        self.begin(f"tcp:{port}:interface=127.0.0.1", static={"root": self.folder}, limits={"requests": 1})

        def ask() -> int:
            client = Client(port, window=4096)
            try:
                client.send(request(b"/page")).take(100)
                client.send(request(b"/page"))
                return len(client.rest()) + 100
            finally:
                client.close()

        received = yield deferToThread(ask)
        self.assertGreater(received, 60_000)

    @inlineCallbacks
    def test_unix_sockets_are_served(self):
        path = os.path.join(self.folder, "socket")
        server = self.begin(f"unix:{path}")

        def get() -> bytes:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(path)
                client.sendall(request(b"/robots.txt", b"Connection: close"))
                return b"".join(iter(lambda: client.recv(65536), b""))

        answer = yield deferToThread(get)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"))
        yield server.stopService()
        self.assertFalse(os.path.exists(path))

    @inlineCallbacks
    def test_ipv6_is_served_where_there_is_any(self):
        try:
            with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:
                port = listening.getsockname()[1]
        except OSError:
            self.skipTest("there is no IPv6 here")
        self.begin(rf"tcp6:{port}:interface=\:\:1")

        def get() -> bytes:
            with socket.create_connection(("::1", port), 10) as client:
                client.sendall(request(b"/robots.txt", b"Connection: close"))
                return b"".join(iter(lambda: client.recv(65536), b""))

        answer = yield deferToThread(get)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"))
