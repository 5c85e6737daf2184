"""The server at `ssl:` endpoints: which of the protocols that a client offers is chosen, pages, and players."""

import ssl
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .certificate import certificate
from .raw_client import Client
from .serving import HERE, Server, Serving, Shared, needed, run

LARGE = b"0123456789abcdef" * 40_000
PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


SECURE = "ssl:0:privateKey={0}/key.pem:certKey={0}/cert.pem:interface=127.0.0.1"


def secured(client: Client, folder: Path, *offered: str) -> Client:
    """A client that speaks TLS from here on, and offers these protocols. An end without a goodbye is an error to it."""
    context = ssl.create_default_context(cafile=folder / "cert.pem")
    if offered:
        context.set_alpn_protocols(offered)
    client.socket = context.wrap_socket(client.socket, server_hostname="localhost", suppress_ragged_eofs=False)
    return client


class Https(Shared, SynchronousTestCase):
    """One server, over TCP and over TLS."""

    @classmethod
    def fill(cls, root: Path) -> None:
        (root / "index.html").write_text("front")
        (root / "large.bin").write_bytes(LARGE)

    @classmethod
    def launch(cls, folder: Path) -> Server:
        (folder / "root").mkdir()
        cls.fill(folder / "root")
        certificate(folder)
        return Server(folder, "--listen", HERE, "--listen", SECURE.format(folder), "--root", "root", endpoints=2)

    def connect_securely(self, *offered: str) -> Client:
        """A client that offers these protocols."""
        return secured(self.connect(self.server.ports[1]), self.server.folder, *offered)

    def test_http_1_1_is_chosen_wherever_it_is_offered(self) -> None:
        for offered, chosen in ((("h2", "http/1.1"), "http/1.1"), (("http/1.1",), "http/1.1"), ((), None)):
            client = self.connect_securely(*offered)
            self.assertEqual(client.socket.selected_alpn_protocol(), chosen, offered)
            for _ in range(2):
                self.assertEqual(client.send(PAGE).answer().body, b"front", offered)

    def test_a_client_that_speaks_only_something_else_is_refused(self) -> None:
        with self.assertRaises(ssl.SSLError):
            self.connect_securely("h2")

    def test_curl_gets_small_and_large_pages_on_one_connection(self) -> None:
        place = f"localhost:{self.server.ports[1]}"
        url, trust = f"https://{place}", ("--cacert", "cert.pem", "--resolve", f"{place}:127.0.0.1")
        command = (needed("curl"), "-sS", *trust, f"{url}/", f"{url}/large.bin", f"{url}/", "-w", "%{num_connects}")
        done = run(command, self.server.folder, text=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout == b"front1" + LARGE + b"0" + b"front0")


class Ends(Serving, SynchronousTestCase):
    """How connections by TLS end: the server says goodbye (RFC 8446 6.1), but never to who has not got all."""

    def begin(self, reactor: str | None, *options: str) -> Server:
        folder = self.new_folder()
        certificate(folder)
        Https.fill(folder)
        (folder / "half.py").write_text(
            "from occwserv.csp import sleep\n"
            "async def ogimain(ogi):\n"
            "    async for connection in ogi:\n"
            "        async with connection.stream('text/plain') as stream:\n"
            "            await stream.write('half of it')\n"
            "            await sleep(1000)\n"
        )
        said = ("--root", ".", "--set", "ogi.root=.", "--set", "shutdown.grace=0.2", *options)
        return self.start(*said, folder=folder, listen=SECURE.format(folder), reactor=reactor)

    def test_the_last_answer_comes_and_then_a_goodbye(self) -> None:
        host, close = b" HTTP/1.1\r\nHost: localhost\r\n", b"Connection: close\r\n\r\n"
        for reactor in None, "epoll":
            server = self.begin(reactor, "--set", "limits.requests=2")
            for said, status, body in (
                (b"GET /" + host + close, 200, b"front"),
                (b"GET / HTTP/1.0\r\n\r\n", 200, b"front"),
                (b"GET /large.bin" + host + close, 200, LARGE),
                (b"GET /" + host + b"\r\nGET /" + host + b"\r\n", 200, b"front"),
                (b"nonsense\r\n\r\n", 400, None),
                (b"POST /" + host + b"Content-Length: 99999999\r\n\r\n0123456789", 413, None),
            ):
                answer = secured(self.connect(server), server.folder).send(said).answers()[-1]
                self.assertEqual((answer.status, answer["connection"]), (status, "close"), said)
                self.assertTrue(body is None or answer.body == body, said)

    def test_an_idle_client_that_says_no_goodbye_itself_is_not_waited_for(self) -> None:
        server = self.begin(None, "--set", "shutdown.grace=60")
        client = secured(self.connect(server), server.folder)
        self.assertEqual(client.send(PAGE).answer().body, b"front")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(client.rest(), b"")

    def test_an_answer_that_is_cut_off_has_no_goodbye(self) -> None:
        for reactor in None, "epoll":
            server = self.begin(reactor)
            client = secured(self.connect(server), server.folder).send(b"GET /ogi/half HTTP/1.0\r\n\r\n")
            client.until(b"half of it")
            self.assertEqual(server.stop(), 0)
            with self.assertRaises((ssl.SSLEOFError, ConnectionResetError)):
                client.rest()

    def test_who_is_one_too_many_is_closed_and_not_waited_for(self) -> None:
        for reactor in None, "epoll":
            server = self.begin(reactor, "--set", "limits.connections=1")
            first = secured(self.connect(server), server.folder)
            self.assertEqual(self.connect(server).cut_off(), b"")  # and has not begun the handshake
            self.assertEqual(first.send(PAGE).answer().body, b"front")


class Doors(Serving, SynchronousTestCase):
    """The game's doors over TLS."""

    def test_players_come_by_tls_and_browsers_do_not(self) -> None:
        folder = self.new_folder()
        certificate(folder)
        secure = SECURE.format(folder)
        server = self.start("--set", f"telnet.listen={secure}", "--set", f"irc.serve={secure}", folder=folder)
        ports = {}
        while len(ports) < 2:
            found = server.wait_for(r"(irc\.serve|telnet\.listen): listening at IPv4Address\(.*port=(\d+)\)")
            ports[found[1]] = int(found[2])
        self.until(server, lambda figures: figures["game"]["irc"]["reached"])
        doors = (
            ("irc.serve", "irc", b"NICK Ada%d\r\nUSER x 0 * :x\r\nPRIVMSG occgam :help\r\n", b"I am the door"),
            ("telnet.listen", "telnet", b"Ada%d\r\nlook\r\n", b"Ways:"),
        )
        for door, protocol, said, answer in doors:
            for number, offered in enumerate(((), (protocol,), ("h2", protocol)), 1):
                client = secured(self.connect(ports[door]), folder, *offered)
                self.assertEqual(client.socket.selected_alpn_protocol(), protocol if offered else None)
                client.send(said % number).until(answer)
                client.close()
            with self.assertRaises(ssl.SSLError):
                secured(self.connect(ports[door]), folder, "h2", "http/1.1")

    def test_who_is_one_too_many_is_closed_and_not_waited_for(self) -> None:
        folder = self.new_folder()
        certificate(folder)
        for door, most in (("irc.serve", "irc.local.clients"), ("telnet.listen", "telnet.connections")):
            server = self.start("--set", f"{door}={SECURE.format(folder)}", "--set", f"{most}=1")
            port = int(server.wait_for(rf"{door}: listening at IPv4Address\(.*port=(\d+)\)")[1])
            self.connect(port)
            self.assertEqual(self.connect(port).cut_off(), b"")
