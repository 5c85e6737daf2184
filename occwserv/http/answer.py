"""Pure. An answer as a value, and its head as bytes (RFC 9112 4, 6; RFC 9110 15)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

from .dates import http_date
from .errors import Fields

REASONS = {status.value: status.phrase for status in HTTPStatus} | {
    # Python 3.11 still has the names of RFC 7231 for these.
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


@dataclass(slots=True, frozen=True)
class FilePart:
    """Bytes of an open file: `length` from `offset` on."""

    descriptor: int
    offset: int
    length: int


Part = bytes | FilePart
Pairs = tuple[tuple[bytes, bytes], ...]
"""Fields that do not change any more: their lines can be looked up."""


@dataclass(slots=True)
class Answer:
    """A whole answer: the head to be, and a body whose length is known.

    `fields` do not hold what the connection decides: Date, Content-Length, Transfer-Encoding, Connection.
    `release` is called once, when the parts are not needed any more: it closes the file they are pieces of.
    """

    status: int
    fields: Fields = ()
    parts: Sequence[Part] = ()
    release: Callable[[], None] | None = None

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return sum(len(part) if isinstance(part, bytes) else part.length for part in self.parts)


def has_body(method: bytes, status: int) -> bool:
    """Whether an answer is followed by a body at all (RFC 9112 6.3, rules 1 and 2)."""
    return method != b"HEAD" and status >= 200 and status not in (204, 304)


def framing_line(status: int, length: int | None, minor: int) -> bytes:
    """The line that frames the body, with its end.

    :param length: bytes, None when not known: chunked for HTTP/1.1; the connection's end tells a HTTP/1.0 client.
    """
    if status < 200 or status in (204, 304):
        return b""  # RFC 9110 8.6: none at all, or for 304 only that of the page, which the answer does not hold
    if length is not None:
        return b"Content-Length: %d\r\n" % length
    return b"Transfer-Encoding: chunked\r\n" if minor else b""


@lru_cache(64)
def opening(status: int, date: bytes, server: bytes, reason: str | None = None) -> bytes:
    """The first lines of a head, which are the same for many answers of a second: status, `Date`, `Server`."""
    return encode_head(status, ((b"Date", date), (b"Server", server)), reason)[:-2]


@lru_cache(256)  # resources say the same of many answers
def encode_fields(fields: Pairs) -> bytes:
    """Lines of a header section.

    :raise ValueError: if a field would break out of its line: an answer must never hold two answers.
    """
    lines = b"".join([b"%b: %b\r\n" % field for field in fields])
    if lines.count(b"\n") != len(fields) or lines.count(b"\r") != len(fields) or b"\0" in lines:
        raise ValueError(f"a header field holds a line end: {fields!r}")
    return lines


@lru_cache(256)
def head_of(second: int, server: bytes, fields: Pairs) -> bytes:
    """All of the head of an answer that is well (200), but for the length of its body.

    :raise ValueError: as `encode_fields`.
    """
    return opening(200, http_date(second), server) + encode_fields(fields)


@lru_cache(256)
def length_line(length: int) -> bytes:
    """The last line of a head, which frames a body of so many bytes, and the head's end."""
    return framing_line(200, length, 1) + b"\r\n"


def encode_head(status: int, fields: Fields, reason: str | None = None) -> bytes:
    """Status line and header section.

    :raise ValueError: if a field would break out of its line: an answer must never hold two answers.
    """
    phrase = REASONS.get(status, "") if reason is None else reason
    line = b"HTTP/1.1 %d %b" % (status, phrase.encode("ascii", "replace"))
    if b"\n" in line or b"\r" in line or b"\0" in line:
        raise ValueError(f"the reason holds a line end: {reason!r}")
    return b"%b\r\n%b\r\n" % (line, encode_fields(tuple(fields)))


CONTINUE = encode_head(100, ())
