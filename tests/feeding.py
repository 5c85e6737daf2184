"""How the tests give bytes to a reader: whole, byte by byte, in pieces, with more behind; and what they see of it.

An event is seen as the reader gives it, but that data which belongs together is joined, and that a refusal is its
status: how a body or a head was cut is the network's business, and must not be seen in what comes out.
"""

from collections.abc import Iterable, Iterator

from twisted.trial.unittest import SynchronousTestCase

from occwserv.http.chunked import End
from occwserv.http.head import Limits, Request
from occwserv.http.reader import Refusal, RequestReader

LIMITS = Limits()
SIZES = (0, 1, 2, 3, 7)
"""Pieces of so many bytes; 0 is everything in one."""

BEHIND = b"GET /behind HTTP/1.1\r\nHost: b\r\n\r\n"
GARBAGE = b"\0\xff: garbage\r\n\r\n0\r\n\r\n" + BEHIND

Seen = Request | bytes | End | int


def head(line: bytes, *fields: bytes) -> bytes:
    """The head of a request, from its lines."""
    return b"\r\n".join((line, *fields, b"", b""))


def get(*fields: bytes) -> bytes:
    """A good GET, with these fields besides its Host."""
    return head(b"GET / HTTP/1.1", b"Host: a", *fields)


def post(*fields: bytes, body: bytes = b"") -> bytes:
    """A POST, with these fields besides its Host."""
    return head(b"POST / HTTP/1.1", b"Host: a", *fields) + body


def chunked(body: bytes) -> bytes:
    """A POST whose body is these bytes, chunks and all."""
    return post(b"Transfer-Encoding: chunked", body=body)


def cut(data: bytes, size: int) -> Iterator[bytes]:
    """The data in pieces of `size` bytes."""
    step = size or len(data) or 1
    return (data[start : start + step] for start in range(0, len(data), step))


def read(pieces: Iterable[bytes], limits: Limits = LIMITS) -> list[Seen]:
    """Everything a new reader gives for these pieces, when each request is answered at once.

    What must hold of any reader at any time is looked at on the way: it gives no more events than bytes can mean,
    holds no more than it was fed, and is empty and silent behind a refusal.
    """
    reader = RequestReader(limits)
    pieces = iter(pieces)
    seen: list[Seen] = []
    fed = events = 0
    for piece in pieces:
        reader.feed(piece)
        fed += len(piece)
        while (event := reader.next()) is not None:
            events += 1
            if events > 2 * fed + 1:
                raise AssertionError("the reader gives events without end")
            if isinstance(event, Refusal):
                expect_silence(reader, event, b"".join(pieces))
                return [*seen, event.error.status]
            if isinstance(event, bytes) and seen and isinstance(seen[-1], bytes):
                seen[-1] += event
            else:
                seen.append(event)
            if not reader.in_body:
                reader.resume()
        if reader.buffered > fed:
            raise AssertionError("the reader holds more than it was fed")
    return seen


def expect_silence(reader: RequestReader, refusal: Refusal, rest: bytes) -> None:
    """Behind a refusal there is nothing, whatever else comes."""
    if not refusal.error.close or len(refusal.line) > 512:
        raise AssertionError("a refusal ends the connection, and shows 512 bytes at most")
    for more in (b"", rest, GARBAGE):
        reader.resume()
        reader.feed(more)
        if reader.next() is not None or reader.buffered:
            raise AssertionError("the reader goes on behind a refusal")


class ReadingTestCase(SynchronousTestCase):
    """Reads the same bytes in every cutting of `SIZES`, and expects the same each time."""

    def events(self, data: bytes, limits: Limits = LIMITS) -> list[Seen]:
        """What the bytes mean, however they are cut."""
        whole = read([data], limits)
        for size in SIZES[1:]:
            self.assertEqual(read(cut(data, size), limits), whole, f"{data[:200]!r} in pieces of {size}")
        return whole

    def request(self, data: bytes, limits: Limits = LIMITS) -> Request:
        """The one request that the bytes are, whether or not another follows."""
        seen = self.events(data, limits)
        self.assertEqual(self.events(data + BEHIND), [*seen, *self.events(BEHIND)])
        request = seen[0]
        self.assertIsInstance(request, Request, f"{data[:200]!r} is refused with {request}")
        self.assertFalse([event for event in seen[1:] if isinstance(event, Request | int)])
        return request

    def body(self, data: bytes, limits: Limits = LIMITS) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
        """The body and the trailers of the one request that the bytes are."""
        self.request(data, limits)
        *content, end = self.events(data, limits)[1:]
        self.assertIsInstance(end, End)
        return b"".join(content), end.trailers

    def refuse(self, status: int, data: bytes, limits: Limits = LIMITS) -> None:
        """The bytes are refused, and whatever comes behind them is not looked at."""
        seen = self.events(data, limits)
        self.assertEqual(seen[-1:], [status], f"{data[:200]!r}")
        self.assertEqual(self.events(data + GARBAGE, limits), seen)
