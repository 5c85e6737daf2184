"""Pure. The chunked transfer coding (RFC 9112 7.1), read strictly and written.

A chunk line, its data, and the CRLF behind the data are three states; the trailer section is the fourth. Each
step looks at the buffer and returns an event, or None for "more bytes are needed". A bare LF or CR, a sign, a
blank before the size, an extension that is not one: each ends the connection, because the next server in a
chain might read it otherwise.
"""

import re
from dataclasses import dataclass
from enum import Enum

from .errors import BadRequest, TooLarge
from .grammar import QUOTED, TCHAR, parse_fields
from .head import Limits
from .lines import misplaced_line_end

_CHUNK_LINE = re.compile(
    rb"([0-9A-Fa-f]{1,16})"
    rb"(?:[ \t]*;[ \t]*" + TCHAR + rb"+(?:[ \t]*=[ \t]*(?:" + TCHAR + rb"+|" + QUOTED + rb"))?)*"
)
_FORBIDDEN = frozenset((b"content-length", b"transfer-encoding", b"host", b"trailer", b"te", b"connection"))


@dataclass(slots=True, frozen=True)
class End:
    """The body is complete. Trailers are what the client sent behind it: shown apart, never merged (9110 6.5.1)."""

    trailers: tuple[tuple[bytes, bytes], ...] = ()


class _State(Enum):
    LINE = 1
    DATA = 2
    AFTER = 3
    TRAILERS = 4


class ChunkedReader:
    """Takes one chunked body out of a buffer that somebody else fills."""

    __slots__ = ("_extensions", "_left", "_limits", "_scanned", "_state", "_total")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._state = _State.LINE
        self._left = 0
        self._total = 0
        self._extensions = 0
        self._scanned = 0

    def next(self, buffer: bytearray) -> bytes | End | None:
        """Take the next piece of the body from the front of the buffer.

        :return: data, `End`, or None when the buffer holds too little.
        :raise HTTPError: 400 for wrong framing; 413 over `limits.body`, or over `limits.head` for what the chunk
            extensions of the whole body take together (RFC 9112 7.1.1); 431 over `limits.trailers`.
        """
        if self._state is _State.AFTER and not self._after(buffer):
            return None
        if self._state is _State.LINE and not self._line(buffer):
            return None
        if self._state is _State.TRAILERS:
            return self._trailers(buffer)
        data = bytes(buffer[: self._left])
        if not data:
            return None
        del buffer[: len(data)]
        self._left -= len(data)
        if not self._left:
            self._state = _State.AFTER
        return data

    def _after(self, buffer: bytearray) -> bool:
        if not b"\r\n".startswith(buffer[:2]):
            raise BadRequest("a chunk is longer than its size says")
        if len(buffer) < 2:
            return False
        del buffer[:2]
        self._state = _State.LINE
        return True

    def _line(self, buffer: bytearray) -> bool:
        limit = self._limits.chunk_line
        end = buffer.find(b"\n", 0, limit + 2)
        if end < 0:
            if len(buffer) >= limit + 2:
                raise BadRequest(f"a chunk line is longer than {limit} bytes")
            return False
        line = _CHUNK_LINE.fullmatch(buffer, 0, end - 1) if buffer[end - 1 : end] == b"\r" else None
        if line is None:
            raise BadRequest("a chunk line is not a hexadecimal size and CR LF")
        self._left = int(line[1], 16)
        self._total += self._left
        del buffer[: end + 1]
        if self._total > self._limits.body:
            raise TooLarge(413, "the body", self._limits.body)
        self._extensions += line.end() - line.end(1)
        if self._extensions > self._limits.head:
            raise TooLarge(413, "all chunk extensions", self._limits.head)
        self._state = _State.DATA if self._left else _State.TRAILERS
        return True

    def _trailers(self, buffer: bytearray) -> End | None:
        if buffer[:2] == b"\r\n":
            del buffer[:2]
            return End()
        limit = max(self._limits.trailers, 2)  # the empty line needs two
        end = buffer.find(b"\r\n\r\n", max(self._scanned - 3, 0), limit)
        if end < 0:
            misplaced = misplaced_line_end(buffer, max(self._scanned - 1, 0))
            if misplaced is not None and misplaced < limit:
                raise BadRequest("a trailer line does not end with CR LF")
            if len(buffer) >= limit:
                raise TooLarge(431, "the trailer section", self._limits.trailers)
            self._scanned = len(buffer)
            return None
        pairs = parse_fields(bytes(buffer[: end + 4]))
        if pairs is None:
            raise BadRequest("a trailer line is not NAME: VALUE")
        if len(pairs) > self._limits.headers:
            raise TooLarge(431, "the number of trailer fields", self._limits.headers)
        del buffer[: end + 4]
        return End(tuple(pair for pair in pairs if pair[0].lower() not in _FORBIDDEN))


def encode_chunk(data: bytes) -> bytes:
    """One chunk. Empty data gives nothing, because an empty chunk would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


LAST_CHUNK = b"0\r\n\r\n"
