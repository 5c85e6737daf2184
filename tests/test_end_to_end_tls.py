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
    """A client that speaks TLS from here on, and offers these protocols."""
    context = ssl.create_default_context(cafile=folder / "cert.pem")
    if offered:
        context.set_alpn_protocols(offered)
    client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
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
