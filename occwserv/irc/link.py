"""Process. One end of a link: pieces of what the other end says come over a channel, and are made lines."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

from occwserv.csp import Buffer, Ending, WouldBlock

from .message import LINE, TAGS

PIECES = 8
"""Pieces that wait to be read; then the other side has to."""

LONGEST = 2 * (LINE + TAGS)
"""Bytes of a line, far above what anybody may send. Of a longer one the rest is left out."""


class Link:
    """One connection.

    `pieces` is what comes, and ends with the connection. `secure`: nobody else reads it. `lost` says why it has ended.

    :param write: sends bytes.
    :param close: ends the connection, when what was written has left.
    :param pause: called with True when nothing more is to come for a while, with False when it is.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        close: Callable[[], object],
        pause: Callable[[bool], object] = bool,
        secure: bool = False,
    ) -> None:
        self.write, self.close, self.secure = write, close, secure
        self._pause = pause
        self.lost = ""
        self.pieces = Buffer(PIECES, "what the other side says")
        self._more: deque[bytes] = deque()  # what came although it was told to wait

    def came(self, data: bytes) -> None:
        """Bytes from the other side."""
        if self._more:
            self._more.append(data)
            return
        try:
            self.pieces.send_now(data)
        except WouldBlock:
            self._more.append(data)
            self._pause(True)
        except Ending:
            pass  # nobody reads any more

    def went_on(self, piece: bytes) -> bytes:
        """A piece was taken: there is room for another."""
        if self._more:
            while self._more and self.pieces.sendable:
                self.pieces.send_now(self._more.popleft())
            if not self._more:
                self._pause(False)
        return piece

    def ended(self, why: str) -> None:
        """The connection is over."""
        self.lost = self.lost or why
        with suppress(Ending):
            while self._more:
                self.pieces.held.append(self._more.popleft())
            self.pieces.close()


class Lines:
    """Makes lines of pieces: what stands before CR, LF, or both. Empty ones are left out."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._begun = b""
        self._skipping = False
        self.overlong = 0  # how many were cut

    def split(self, piece: bytes) -> Iterator[bytes]:
        """The lines that are complete now."""
        *whole, begun = (self._begun + piece).replace(b"\r", b"\n").split(b"\n")
        for line in whole:
            if line and not self._skipping:
                self.overlong += len(line) > self._longest
                yield line[: self._longest]
            self._skipping = False
        if self._skipping or len(begun) > self._longest:
            if not self._skipping:
                self.overlong += 1
                yield begun[: self._longest]
            self._skipping, begun = True, b""
        self._begun = begun


def joined(secure: bool = True) -> tuple[Link, Link]:
    """Two links, each the other end of one: a connection within the server."""
    one: Link
    other: Link

    def close() -> None:
        one.ended("closed")
        other.ended("closed")

    one = Link(lambda data: other.came(data), close, secure=secure)
    other = Link(lambda data: one.came(data), close, secure=secure)
    return one, other
