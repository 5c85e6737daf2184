"""Pure. Reads the requests of one client: bytes in, events out (RFC 9112).

`feed(data)` takes what arrived, in whatever pieces; `next()` gives the next event, or None for "more is needed":

    Request, then for a request with a body any number of bytes and one End; or Refusal, after which nothing.

Behind a request the reader stands still, whatever has been fed, until `resume()`: the connection is away being
answered, and answers must leave in order. So at most `limits.head` or one chunk line is ever held on purpose;
how much the client may send ahead is for the caller to bound (`buffered`).

The same bytes give the same events however they are cut. For a good head that is plain. A bad one could be
refused early for one reason or late for another, so the offences that are noticed before the head is complete
(`_offence`) are ordered by the byte that proves them, and are asked first when a complete head turns out bad.
"""

import re
from dataclasses import dataclass
from enum import Enum

from .chunked import ChunkedReader, End
from .errors import BadRequest, HTTPError, TooLarge
from .grammar import TCHAR
from .head import Limits, Request, parse_head
from .lines import misplaced_line_end

_FIRST = re.compile(TCHAR)
_SHOWN = 512


@dataclass(slots=True, frozen=True)
class Refusal:
    """No request could be read. `line` is what came as its first line, for the log (at most 512 bytes)."""

    error: HTTPError
    line: bytes = b""


Event = Request | bytes | End | Refusal


class _State(Enum):
    HEAD = 1
    BODY = 2
    AWAY = 3
    DEAD = 4


class RequestReader:
    """One client's requests. No input makes it raise, hang, or hold more than it was fed."""

    __slots__ = ("_buffer", "_chunks", "_left", "_limits", "_scanned", "_skipped", "_state")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._chunks: ChunkedReader | None = None
        self._left = 0
        self._scanned = 0
        self._skipped = False
        self._state = _State.HEAD

    def feed(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._state is not _State.DEAD:
            self._buffer += data

    def next(self) -> Event | None:
        """The next event, or None until more is fed (or, behind a request, until `resume`)."""
        try:
            if self._state is _State.HEAD:
                return self._head() if self._buffer else None
            if self._state is _State.BODY:
                return self._body()
        except HTTPError as error:
            return self.give_up(error)
        return None

    def give_up(self, error: HTTPError) -> Refusal:
        """Read nothing more, for a reason found here or, like a deadline, by the caller."""
        line = b"" if self._state is _State.BODY else bytes(self._buffer[:_SHOWN]).partition(b"\r\n")[0]
        self._state = _State.DEAD
        self._buffer.clear()
        return Refusal(error.with_traceback(None), line)  # it is kept: with its frames it would hold this reader, too

    def resume(self) -> None:
        """The answer is under way to the client: go on to the next request."""
        if self._state is _State.AWAY:
            self._state = _State.HEAD
            self._skipped = False

    @property
    def buffered(self) -> int:
        """Bytes fed and not yet given out."""
        return len(self._buffer)

    @property
    def dead(self) -> bool:
        """Whether a refusal ended the reading."""
        return self._state is _State.DEAD

    @property
    def in_head(self) -> bool:
        """Whether part of a head has arrived: the client is slow, not idle."""
        return self._state is _State.HEAD and bool(self._buffer)

    @property
    def in_body(self) -> bool:
        """Whether the body of the last request has not been given out to its end."""
        return self._state is _State.BODY

    @property
    def body_left(self) -> int | None:
        """Bytes of the body still to be given out; None when chunked, and so not known."""
        return None if self._chunks is not None else self._left

    def _head(self) -> Request | None:
        buffer = self._buffer
        if not self._skipped and b"\r\n".startswith(buffer[:2]):
            if len(buffer) < 2:
                return None
            del buffer[:2]  # RFC 9112 2.2: one empty line before a request is ignored
            self._skipped = True
            self._scanned = 0
        limits = self._limits
        end = buffer.find(b"\r\n\r\n", max(self._scanned - 3, 0), limits.head) + 4
        if end < 4:
            self._refuse_early()
            return None
        raw = bytes(buffer[:end])
        try:
            request = parse_head(raw, limits)
        except HTTPError:
            self._scanned = 0
            self._refuse_early(end)
            raise
        if len(request.line) > limits.line:
            raise TooLarge(414, "the request line", limits.line)
        del buffer[:end]
        self._scanned = 0
        self._left = request.length or 0
        self._chunks = ChunkedReader(limits) if request.length is None else None
        self._state = _State.AWAY if request.length == 0 else _State.BODY
        return request

    def _body(self) -> bytes | End | None:
        event: bytes | End | None
        if self._chunks is not None:
            event = self._chunks.next(self._buffer)
        elif self._left:
            event = bytes(self._buffer[: self._left])
            del self._buffer[: len(event)]
            self._left -= len(event)
            return event or None
        else:
            event = End()
        if isinstance(event, End):
            self._state = _State.AWAY
            self._chunks = None
        return event

    def _refuse_early(self, end: int | None = None) -> None:
        """Raise what is wrong with the head so far, if anything; else remember how far it was looked at."""
        head = self._buffer if end is None else self._buffer[:end]
        offence = self._offence(head)
        if offence is not None:
            raise offence
        self._scanned = len(head)

    def _offence(self, head: bytearray) -> HTTPError | None:
        limits = self._limits
        if head and not _FIRST.match(head):
            return BadRequest("the first byte can not begin a method: this is a HTTP server")
        # For each offence the index of the byte that proves it; the first proof wins.
        proofs: list[tuple[int, HTTPError]] = []
        misplaced = misplaced_line_end(head, max(self._scanned - 1, 0))
        if misplaced is not None:
            proofs.append((misplaced, BadRequest("a line of the head does not end with CR LF")))
        if len(head) >= limits.line + 2 and head.find(b"\r\n", 0, limits.line + 2) < 0:
            proofs.append((limits.line + 1, TooLarge(414, "the request line", limits.line)))
        if len(head) >= limits.head and not head.endswith(b"\r\n\r\n", 0, limits.head):
            proofs.append((limits.head - 1, TooLarge(431, "the head", limits.head)))
        return min(proofs, key=lambda proof: proof[0])[1] if proofs else None
