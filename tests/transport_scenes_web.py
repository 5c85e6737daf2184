"""Scenes with Twisted's web server, and with its TLS, on the server's side."""

import re
from datetime import UTC, datetime, timedelta

import treq
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet.endpoints import SSL4ServerEndpoint, TCP4ClientEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol
from twisted.internet.ssl import Certificate, PrivateCertificate, optionsForClientTLS
from twisted.protocols.wire import Echo
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from twisted.web.static import Data, File

from .transport_parties import MUCH, told
from .transport_stage import LOCAL, LOCAL6, Stage, scene

PIECES = 40


class Stream(Resource):
    """An answer in pieces, of which the next comes when the client has room; and who left meanwhile."""

    isLeaf = True

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def render_GET(self, request) -> int:
        request.notifyFinish().addCallbacks(
            lambda _: self._stage.host.note("finished"),
            lambda failure: self._stage.host.note(f"left: {failure.type.__name__}"),
        )
        Pump(request, self._stage)
        return NOT_DONE_YET


class Pump:
    """A push producer of pieces of 250 kB."""

    def __init__(self, request, stage: Stage) -> None:
        self._request = request
        self._paused = False
        self._left = PIECES
        self._stage = stage
        request.registerProducer(self, True)
        self._go_on()

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        self._stage.reactor.callLater(0, self._go_on)

    def stopProducing(self) -> None:
        self._paused = True

    def _go_on(self) -> None:
        while self._left and not self._paused:
            self._left -= 1
            self._request.write(b"%02d" % self._left * 125_000)
        if not self._left and not self._paused and self._request is not None:
            request, self._request = self._request, None
            request.unregisterProducer()
            request.finish()


class Form(Resource):
    """Gives the body back."""

    isLeaf = True

    def render_POST(self, request) -> bytes:
        return request.content.read()


async def site(stage: Stage, where: str = LOCAL):
    """A port with Twisted's web server behind it."""
    (stage.folder / "much").write_bytes(MUCH)
    root = Resource()
    for name, page in (
        (b"hello", Data(b"hello, world", "text/plain")),
        (b"files", File(str(stage.folder))),
        (b"stream", Stream(stage)),
        (b"form", Form()),
    ):
        root.putChild(name, page)
    factory = Site(root)
    factory.noisy = False
    factory.log = lambda request: None
    return await stage.listen(factory, where)


def request(path: str, *lines: str, method: str = "GET", minor: int = 1, body: bytes = b"") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.{minor}", "Host: a", *lines, "", "")).encode() + body


def without_date(data: bytes) -> bytes:
    return re.sub(rb"(Date|Last-Modified): [^\r]*\r\n", b"", data)


async def answers(stage: Stage, guest, count: int) -> bytes:
    """What is answered to so many requests, all sent at once and each counted by its body."""
    await stage.until(lambda: stage.guest.unsettled.count(b"HTTP/1.1 ") == count)
    await stage.turns(100)
    return without_date(stage.guest.forget())


HELLO = "HTTP/1.1 200 OK Content-Type: text/plain Content-Length: 12 hello, world"


def brief(data: bytes) -> str:
    """The lines of answers in one, without what is only of that server."""
    lines = re.sub(rb"Server: [^\r]*\r\n", b"", data).decode().split("\r\n")
    return " ".join(line for line in lines if line)


@scene(host=[], guest=[HELLO * 3, HELLO.removesuffix(" hello, world"), "abc", "404"])
async def pages(stage: Stage) -> None:
    guest = stage.connect(await site(stage))
    guest.send(request("/hello") * 3)
    stage.guest.note(brief(await answers(stage, guest, 3)))
    guest.send(request("/hello", method="HEAD"))
    stage.guest.note(brief(await answers(stage, guest, 1)))
    for piece in (request("/form", "Content-Length: 3", method="POST"), b"a", b"bc"):
        guest.send(piece)
        await stage.turns()
    stage.guest.note(brief(await answers(stage, guest, 1)).rpartition(" ")[2])
    guest.send(request("/none"))
    stage.guest.note(brief(await answers(stage, guest, 1)).split()[1])


@scene(
    host=[],
    guest=["ended", HELLO.replace("1.1", "1.0"), "ended", HELLO.replace("Content-T", "Connection: close Content-T")],
)
async def a_last_request(stage: Stage) -> None:
    port = await site(stage)
    seen = bytearray()
    stage.guest.data = seen.extend
    for number, data in enumerate((request("/hello", minor=0), request("/hello", "Connection: close")), start=1):
        stage.connect(port).send(data)
        await stage.heard("ended", number)
        stage.guest.note(brief(without_date(seen)))
        seen.clear()


@scene(host=[], guest=[told(MUCH), told(MUCH[1_000_000:9_000_001])])
async def a_file_and_a_part_of_it(stage: Stage) -> None:
    guest = stage.connect(await site(stage))
    for lines, length in (((), len(MUCH)), (("Range: bytes=1000000-9000000",), 8_000_001)):
        guest.reading = False
        guest.send(request("/files/much", *lines))
        await stage.turns()
        guest.reading = True
        await stage.until(lambda length=length: len(stage.guest.unsettled) > length)
        await stage.until(lambda length=length: len(stage.guest.unsettled.partition(b"\r\n\r\n")[2]) == length)
        stage.guest.note(told(stage.guest.forget().partition(b"\r\n\r\n")[2]))


def dechunked(data: bytes) -> bytes:
    """The body behind a head, in chunks."""
    body, rest = b"", data.partition(b"\r\n\r\n")[2]
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


@scene(host=["finished", "finished", "left: ConnectionLost"],
       guest=[told(b"".join(b"%02d" % number * 125_000 for number in reversed(range(PIECES)))), HELLO])  # fmt: skip
async def a_stream_that_waits_for_the_client(stage: Stage) -> None:
    port = await site(stage)
    guest = stage.connect(port)
    guest.reading = False
    guest.send(request("/stream") + request("/hello"))
    await stage.turns()
    assert not stage.host.lines
    guest.reading = True
    await stage.until(lambda: stage.guest.unsettled.endswith(b"hello, world"))
    stream, _, hello = stage.guest.forget().partition(b"\r\n0\r\n\r\n")
    stage.guest.note(told(dechunked(stream + b"\r\n0\r\n\r\n")))
    stage.guest.note(brief(without_date(hello)))
    quick = stage.connect(port)
    quick.send(request("/stream"))
    await stage.until(lambda: stage.guest.unsettled.endswith(b"\r\n0\r\n\r\n"))
    stage.guest.forget()
    gone = stage.connect(port)
    gone.reading = False
    gone.send(request("/stream"))
    await stage.turns()
    gone.reset()
    await stage.until(lambda: len(stage.host.lines) == 3)


@scene(host=[], guest=[HELLO] * 2)
async def pages_elsewhere(stage: Stage) -> None:
    for where in (LOCAL6, stage.unix):
        guest = stage.connect(await site(stage, where))
        guest.send(request("/hello"))
        stage.guest.note(brief(await answers(stage, guest, 1)))


@scene(host=["finished"], guest=["200 hello, world", told(MUCH), told(MUCH), "10000000 bytes"])
async def a_client_of_treq(stage: Stage) -> None:
    where = (await site(stage)).getHost()
    url = f"http://127.0.0.1:{where.port}"
    answer = await treq.get(f"{url}/hello", persistent=False)
    stage.guest.note(f"{answer.code} {await answer.text()}")
    answer = await treq.get(f"{url}/files/much", persistent=False)
    stage.guest.note(told(await answer.content()))
    answer = await treq.post(f"{url}/form", MUCH, persistent=False)
    stage.guest.note(told(await answer.content()))
    answer = await treq.get(f"{url}/stream", persistent=False)
    stage.guest.note(f"{len(await answer.content())} bytes")
    await stage.until(lambda: stage.host.lines)


def certificate() -> PrivateCertificate:
    """One for localhost, of its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return PrivateCertificate.loadPEM(made.public_bytes(pem) + private)


class Caller(Protocol):
    """Sends much, and notes what comes back."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def connectionMade(self) -> None:
        self.transport.write(MUCH)

    def dataReceived(self, data: bytes) -> None:
        self._stage.guest.data(data)
        if len(self._stage.guest.unsettled) == len(MUCH):
            self.transport.loseConnection()

    def connectionLost(self, reason) -> None:
        self._stage.guest.note(f"lost {reason.type.__name__}")


@scene(host=[], guest=[told(MUCH), "lost ConnectionDone"])
async def an_echo_over_tls(stage: Stage) -> None:
    own = certificate()
    port = await stage.listen(Echo, SSL4ServerEndpoint(stage.reactor, 0, own.options(), interface="127.0.0.1"))
    options = optionsForClientTLS("localhost", Certificate(own.original))
    client = TCP4ClientEndpoint(stage.reactor, "127.0.0.1", port.getHost().port)
    await connectProtocol(wrapClientTLS(options, client), Caller(stage))
    await stage.heard("lost ConnectionDone")
