"""Adapter. Reads a form before its module is bothered: a slow client is nobody's business but his own."""

from collections.abc import Callable

from twisted.python.failure import Failure

from ...connection import Connection
from ...http.errors import HTTPError
from .forms import BadForm, parse_form


class FormReader:
    """Reads one form.

    :param kind: its media type. :param most: bytes of the largest one. :param then: is given the bytes of a good one.
    """

    def __init__(self, connection: Connection, kind: bytes, most: int, then: Callable[[bytes], object]) -> None:
        self._connection = connection
        self._kind = kind
        self._most = most
        self._then = then
        self._parts: list[bytes] = []
        self._size = 0

    def go_on(self) -> None:
        """Read the next piece."""
        self._connection.read().addCallback(self._came).addErrback(self._failed)

    def _came(self, piece: bytes) -> None:
        self._parts.append(piece)
        self._size += len(piece)
        if self._size > self._most:
            raise HTTPError(413, f"a form has at most {self._most} bytes here", close=True)
        if piece:
            self.go_on()
            return
        form = b"".join(self._parts)
        try:
            parse_form(self._kind, form)
        except BadForm as error:
            raise HTTPError(400, str(error)) from None
        self._then(form)

    def _failed(self, failure: Failure) -> None:
        if self._connection.home:
            return
        if isinstance(failure.value, HTTPError):
            self._connection.fail(failure.value)
        else:
            self._connection.abort("the client left while its form was read")
