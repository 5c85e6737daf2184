"""Pure. What a request can be refused for.

Pure code raises `HTTPError`; one place (`resources/failure.py`) turns it into an answer. The error carries
all that place needs: the status, a sentence for the log and the page, and whether the connection may live on.
"""

from collections.abc import Sequence

Fields = Sequence[tuple[bytes, bytes]]


class HTTPError(Exception):
    """The request is answered with an error page.

    :param status: the status code (RFC 9110 15).
    :param why: one sentence for people: what was wrong, and what would be right.
    :param fields: header fields the answer must carry, such as `Allow`.
    :param close: the connection can not be used again, because it is not certain where the next request begins.
    """

    def __init__(self, status: int, why: str, fields: Fields = (), close: bool = False) -> None:
        super().__init__(f"{status}: {why}")
        self.status = status
        self.why = why
        self.fields = fields
        self.close = close


class BadRequest(HTTPError):
    """The bytes are not HTTP, or their framing is in doubt: 400, and the connection ends (RFC 9112 2.2, 6.3)."""

    def __init__(self, why: str) -> None:
        super().__init__(400, why, close=True)


class Unavailable(HTTPError):
    """Not now: 503, and after how many seconds the client may try again (RFC 9110 10.2.3, 15.6.4)."""

    def __init__(self, why: str, seconds: int = 1) -> None:
        super().__init__(503, why, ((b"Retry-After", b"%d" % seconds),))


class TooLarge(HTTPError):
    """Larger than a limit of the settings: 413, 414 or 431; the rest is not read, so the connection ends."""

    def __init__(self, status: int, what: str, limit: int) -> None:
        super().__init__(status, f"{what} is larger than the {limit} this server takes", close=True)
