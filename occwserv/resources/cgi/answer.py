"""Adapter. What a CGI program writes becomes an answer: held back until its head is complete, then passed on at once.

The body is framed by the server. What the program announces as its length is only a promise: more is cut off, and with
less the client is cut off, so that it sees that the answer is not whole. A program may also name a file that is sent in
the place of what it writes (`sendfile`).
"""

from collections.abc import Callable

from twisted.internet.defer import Deferred

from ...connection import Connection
from ...http.answer import has_body
from ...settings import CgiLimits
from .message import BadOutput, Head, HeadReader, raw_status
from .sendfile import Sendfile

MOVED = b"The page is elsewhere; the field Location says where.\n"


class AnswerWriter:
    """The way of one program's output.

    :param default_type: of an answer that does not say what it is.
    :param raw: the program writes to the client as it is, head and all ("nph-": no parsed head).
    :param note: is told what is odd, but no error.
    :param sendfile: the files that may be sent; None if none.

    `whole` is how many bytes it writes in all, where that is known before it is fed the first of them.
    """

    __slots__ = (
        "_announced", "_default_type", "_fed", "_head", "_left", "_limits", "_note", "_raw", "_reader", "_sendfile",
        "whole",
    )  # fmt: skip

    def __init__(
        self,
        limits: CgiLimits,
        default_type: bytes,
        raw: bool,
        note: Callable[[str], None],
        sendfile: Sendfile | None = None,
    ) -> None:
        self._limits = limits
        self._reader = HeadReader(limits.head, limits.headers)
        self._default_type = default_type
        self._raw = raw
        self._note = note
        self._sendfile = sendfile
        self.whole: int | None = None
        self._fed = 0
        self._head: Head | None = None  # complete, but not sent yet
        self._announced: int | None = None
        self._left: int | None = None  # bytes that are missing of those announced

    def feed(self, connection: Connection, data: bytes) -> Deferred | None:
        """Pass on what was written. The connection is given away if it is answered with a file.

        :return: fires when the client takes more; None if nothing was sent.
        :raise BadOutput: it is no answer.
        """
        self._fed += len(data)
        if connection.begun:
            return self._write(connection, data)
        if self._raw:
            return self._feed_raw(connection, data)
        if self._head is None:
            self._head = self._reader.feed(data)
            data = self._reader.held
            file = None if self._head is None or self._sendfile is None else self._sendfile.named(self._head)
            if file is not None:
                self._sendfile.send(connection, self._head, file)
                return None
            # One that sends the client elsewhere is held back: it may have no body, and is given one then.
            if self._head is None or (self._head.moved and not data):
                return None
        if self._head.local is not None:
            return None  # a body behind a local redirect is for nobody
        return self._begin(connection, data)

    def end(self, connection: Connection) -> bytes | None:
        """Nothing more will be written: the connection is given away.

        :return: where on this server the request is to go on, if the program leaves it to others; then, and when it
            raises, the connection is still the caller's.
        :raise BadOutput: it was no answer.
        """
        if not connection.begun:
            head = self._head
            if head is None:
                raise self._reader.end()
            if head.local is not None:
                return head.local
            if head.moved and not head.typed and has_body(b"GET", head.status):
                head.typed, head.length = True, len(MOVED)
                head.fields.append((b"Content-Type", b"text/plain"))
                self._begin(connection, MOVED)
            else:
                self._begin(connection, b"")
        if self._left:
            self._note(f"it ended {self._left} bytes short of the {self._announced} it announced")
            connection.abort("the program wrote less than it announced")
        else:
            connection.end()
        return None

    def _feed_raw(self, connection: Connection, data: bytes) -> Deferred | None:
        self._reader.hold(data)
        held = self._reader.held
        if b"\n" not in held and len(held) <= self._limits.head:
            return None
        status = raw_status(held)
        if status is None:
            raise BadOutput(f"a program named nph- begins with a status line, not with {held[:100]!r}")
        connection.begin_raw(status)
        return connection.write(held)

    def _begin(self, connection: Connection, data: bytes) -> Deferred | None:
        """Send the head, and the first piece of the body."""
        head = self._head
        if not head.typed and has_body(b"GET", head.status):
            head.fields.append((b"Content-Type", self._default_type))
            self._note("it does not say what type its answer has")
        if self.whole is not None:
            self._check_length(head, self.whole - self._fed + len(data))
        if has_body(connection.request.method, head.status):
            self._announced = self._left = head.length
        connection.begin(head.status, head.fields, head.length, head.reason, data := self._promised(data))
        return connection.client.outlet.room() if data else None

    @staticmethod
    def _check_length(head: Head, length: int) -> None:
        """All that it wrote is known, so its length is as well."""
        if head.length is None:
            head.length = length
        elif head.length > length:
            raise BadOutput(f"it wrote {length} bytes, and announced {head.length}")

    def _write(self, connection: Connection, data: bytes) -> Deferred | None:
        data = self._promised(data)
        return connection.write(data) if data else None

    def _promised(self, data: bytes) -> bytes:
        """Of what was written, that which was announced."""
        if self._left is not None:
            if len(data) > self._left:
                self._note(f"it wrote more than the {self._announced} bytes it announced")
                data = data[: self._left]
            self._left -= len(data)
        return data
