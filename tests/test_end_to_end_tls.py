"""The server at an `ssl:` endpoint: which of the protocols that a client offers is chosen, and pages."""

import ssl
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .certificate import certificate
from .raw_client import Client
from .serving import HERE, Server, Shared, needed, run

LARGE = b"0123456789abcdef" * 40_000
PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


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
        secure = f"ssl:0:privateKey={folder}/key.pem:certKey={folder}/cert.pem:interface=127.0.0.1"
        return Server(folder, "--listen", HERE, "--listen", secure, "--root", "root", endpoints=2)

    def connect_securely(self, *offered: str) -> Client:
        """A client that offers these protocols."""
        context = ssl.create_default_context(cafile=self.server.folder / "cert.pem")
        if offered:
            context.set_alpn_protocols(offered)
        client = self.connect(self.server.ports[1])
        client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
        return client

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
