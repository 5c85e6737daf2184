"""Pure. The head of a request (RFC 9112 2 to 6): bytes up to the empty line -> a `Request`, or an error.

Strict where attackers live. A request has one framing: `Content-Length` once and in digits, or
`Transfer-Encoding: chunked` alone, never both. All that is doubtful ends the connection.
"""

import re
from dataclasses import dataclass, field

from .errors import BadRequest, HTTPError, TooLarge
from .grammar import TCHAR, parse_fields, tokens
from .target import Target, is_host, parse_target

_LINE = re.compile(rb"(" + TCHAR + rb"+) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])\r\n")
_SINGLE = frozenset((b"host", b"content-length"))
_WITH_BODY = frozenset((b"POST", b"PUT", b"PATCH"))


@dataclass(slots=True, frozen=True)
class Limits:
    """How much of each thing is read: bytes, but for `headers` (the number of fields)."""

    line: int = 8192
    head: int = 16384
    headers: int = 100
    body: int = 16 * 1024 * 1024
    trailers: int = 8192
    chunk_line: int = 256


@dataclass(slots=True)
class Request:
    """A request as read: its line, its fields, and how its body is framed.

    `line` is the request line as sent, for the log. `fields` maps lower-case names to values; repeated fields
    are joined (RFC 9110 5.3). `length` is the body's length in bytes, None when it is chunked and so not known.
    `keep_alive` tells whether the client lets the connection live on; `minor` is 0 for HTTP/1.0, else 1. `usual`: it
    is of HTTP/1.1, kept alive, and wants a body.
    """

    line: bytes
    method: bytes
    target: Target
    minor: int
    fields: dict[bytes, bytes]
    length: int | None
    keep_alive: bool
    expects_continue: bool
    usual: bool = field(init=False)

    def __post_init__(self) -> None:
        self.usual = self.keep_alive and self.minor == 1 and self.method != b"HEAD"

    @classmethod
    def unread(cls, line: bytes) -> "Request":
        """What stands for a request that could not be read: `line` is all that is known of it."""
        return cls(line, b"", Target(b"", b"", b""), 1, {}, 0, False, False)


def parse_head(raw: bytes, limits: Limits) -> Request:
    """Read a whole head, from the first byte of the request line to the empty line.

    :raise HTTPError: with the exact status; every one that leaves the framing in doubt says `close`.
    """
    line = _LINE.match(raw)
    if line is None:
        raise BadRequest("the request line is not METHOD SP TARGET SP HTTP/1.1")
    method, target, major, minor = line.groups()
    if major != b"1":
        raise HTTPError(505, "this server speaks HTTP/1.0 and HTTP/1.1", close=True)
    pairs = parse_fields(raw, line.end())
    if pairs is None:
        raise BadRequest("a header line is not NAME: VALUE, or is folded")
    if len(pairs) > limits.headers:
        raise TooLarge(431, "the number of header fields", limits.headers)
    fields = {name.lower(): value for name, value in pairs}
    if len(fields) != len(pairs):
        fields = join_fields(pairs)
    version = 0 if minor == b"0" else 1
    host = fields.get(b"host")
    if host is None:
        if version:
            raise BadRequest("a HTTP/1.1 request has a Host field")
    elif not is_host(host):
        raise BadRequest("the Host field is not host[:port]")
    options = tokens(fields[b"connection"]) if b"connection" in fields else ()
    return Request(
        raw[: line.end() - 2],
        method,
        parse_target(method, target),
        version,
        fields,
        body_length(method, version, fields, limits),
        b"close" not in options and (version == 1 or b"keep-alive" in options),
        b"expect" in fields and expects_continue(version, fields[b"expect"]),
    )


def join_fields(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Join the values of repeated fields (RFC 9110 5.3), except those that must come once (RFC 9112 3.2, 6.3)."""
    fields: dict[bytes, bytes] = {}
    for sent, value in pairs:
        name = sent.lower()
        if name not in fields:
            fields[name] = value
        elif name in _SINGLE:
            raise BadRequest(f"the field {name.decode()} comes more than once")
        else:
            fields[name] += (b"; " if name == b"cookie" else b", ") + value
    return fields


def body_length(method: bytes, minor: int, fields: dict[bytes, bytes], limits: Limits) -> int | None:
    """How long the body is (RFC 9112 6.3): bytes, or None when it is chunked."""
    coding = fields.get(b"transfer-encoding")
    digits = fields.get(b"content-length")
    if coding is not None:
        if minor == 0:
            raise BadRequest("HTTP/1.0 has no Transfer-Encoding")  # RFC 9112 6.1
        if digits is not None:
            raise BadRequest("the body is framed twice, by Content-Length and by Transfer-Encoding")
        check_coding(coding)
        return None
    if digits is None:
        if minor == 0 and method in _WITH_BODY:
            raise HTTPError(411, f"a HTTP/1.0 {method.decode()} has a Content-Length", close=True)
        return 0
    if not digits.isdigit():  # bytes.isdigit is ASCII only: no sign, no blank, no underscore, not empty
        raise BadRequest("Content-Length is not a decimal number")
    # Twenty digits and more can not be under any limit; they are not even converted.
    if len(digits) > 19 or int(digits) > limits.body:
        raise TooLarge(413, "the body", limits.body)
    return int(digits)


def check_coding(value: bytes) -> None:
    """Accept `chunked` alone (RFC 9112 6.1): anything else is 501, or 400 where no length can be told (6.3)."""
    codings = tokens(value)
    if codings == [b"chunked"]:
        return
    if not codings or b"chunked" in codings[:-1]:
        raise BadRequest("chunked is not the last transfer coding")
    raise HTTPError(501, "the only transfer coding of this server is chunked", close=True)


def expects_continue(minor: int, value: bytes) -> bool:
    """Whether the client waits for 100 (Continue) before it sends its body (RFC 9110 10.1.1)."""
    if minor == 0:
        return False
    if value.lower() != b"100-continue":
        raise HTTPError(417, "the only expectation of this server is 100-continue", close=True)
    return True
