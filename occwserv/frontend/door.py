"""Pure. The look-up at the door: a request that was seen before is answered before anything is built of it.

The bytes of a whole head are the key; behind them stands the finished answer. Browsers, though, send many different
heads: each its own block of fields, the same for every page. So request lines and blocks are remembered apart as well,
and a new combination of the two costs two look-ups and no parsing.

Only heads that mean one page, and nothing else, are remembered (`memorable`). Whether the answer still stands is the
page's affair: `Finished.at` gives None when it does not. The memories are bounded: each has a young and an old half;
the young one becomes the old one when it is full, and what was asked for meanwhile has moved on into the young one.
"""

from collections.abc import Callable

from ..http.head import Request
from ..roles import Finished, Remembered

LONGEST = 4096
"""Bytes of the longest head that is remembered. With the number of entries it bounds the memory."""

_FORGETTABLE = frozenset((
    b"range", b"if-range", b"if-match", b"if-unmodified-since",  # answers that are not the whole page
    b"authorization", b"proxy-authorization",  # answers that are not for everybody
    b"connection", b"upgrade", b"expect", b"te", b"trailer", b"http2-settings",  # what concerns the connection itself
    b"content-length", b"transfer-encoding",
))  # fmt: skip


class Known:
    """What stands behind a head: the answer, and the rest of its line in the access log."""

    __slots__ = ("finished", "tail")

    def __init__(self, finished: Finished, tail: bytes) -> None:
        self.finished = finished
        self.tail = tail


def memorable(request: Request) -> bool:
    """Whether a head may be remembered: a GET of a path with HTTP/1.1, kept alive, that asks for the whole page.

    A condition on the entity tag or the date (a returning browser) is part of the block and so of the key; the page
    decides it anew each second.
    """
    keep_alive = request.fields.get(b"connection", b"keep-alive").lower() == b"keep-alive"
    return (
        request.method == b"GET"
        and request.minor == 1
        and request.length == 0
        and request.target.raw.startswith(b"/")
        and keep_alive
        and not (_FORGETTABLE - {b"connection"}) & request.fields.keys()
    )


class Memory:
    """A dictionary of at most `most` entries that forgets what is not asked for."""

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, most: int) -> None:
        self._half = max(most // 2, 1)
        self._young: dict = {}
        self._old: dict = {}

    def get(self, key: bytes):
        """What stands behind the key, or None."""
        value = self._young.get(key)
        if value is None and self._old:
            value = self._old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: bytes, value) -> None:
        """Remember."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def forget(self, key: bytes) -> None:
        """Forget."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class Door:
    """The memories.

    :param entries: heads, and as many lines, and blocks, that are remembered.
    :param tail: the rest of a line of the access log, of the request line, the fields, the status and the body's bytes.
    """

    __slots__ = ("_blocks", "_heads", "_lines", "_tail")

    def __init__(self, entries: int, tail: Callable[[bytes, dict[bytes, bytes], int, int], bytes]) -> None:
        self._heads = Memory(entries)
        self._lines = Memory(entries)
        self._blocks = Memory(entries)
        self._tail = tail

    def look(self, head: bytes) -> Known | None:
        """The answer to a whole head, if there is one; anything else gives None too."""
        known = self._heads.get(head)
        if known is not None or len(head) > LONGEST:
            return known
        cut = head.find(b"\r\n")
        block = self._blocks.get(head[cut:])
        page = self._lines.get(head[:cut]) if block is not None else None
        return None if page is None else self._meet(head, head[:cut], page, block)

    def learn(self, head: bytes, request: Request, page: Remembered) -> None:
        """A head was answered with a page; if it is `memorable`, remember its parts."""
        if len(head) <= LONGEST and memorable(request):
            cut = head.find(b"\r\n")
            self._lines.put(head[:cut], page)
            self._blocks.put(head[cut:], request.fields)

    def forget(self, head: bytes) -> None:
        """The page behind a head is not that page any more."""
        self._heads.forget(head)
        self._lines.forget(head[: head.find(b"\r\n")])

    def figures(self) -> dict[str, int]:
        """How much is remembered."""
        return {"heads": len(self._heads), "lines": len(self._lines), "blocks": len(self._blocks)}

    def _meet(self, head: bytes, line: bytes, page: Remembered, fields: dict[bytes, bytes]) -> Known | None:
        finished = page.finished(fields)
        if finished is None:
            self._lines.forget(line)
            return None
        known = Known(finished, self._tail(line, fields, finished.status, finished.sent))
        self._heads.put(head, known)
        return known
