"""Adapter. The look-up at the door: most requests are answered before a connection is made of them.

The bytes of a whole head are the key; behind them stands the finished answer. Browsers, though, send many different
heads: each its own block of fields, the same for every page. So request lines and blocks are remembered apart as well,
and a new combination of the two costs two look-ups and no parsing. A head of which not even the parts are known is read
here once.

Only heads that mean one page, and nothing else, are answered so (`memorable`). Of all others that have no body the
request is read here, or remembered, and goes to its resource. Whoever errs goes the long way. The memories are bounded:
each has a young and an old half; the young one becomes the old one when it is full, and what was asked for meanwhile
has moved on into the young one.
"""

from collections.abc import Callable

from ..http.conditions import is_conditional
from ..http.head import Limits, Request, parse_head
from ..roles import Finished, Page, Resource, Serve

LONGEST = 4096
"""Bytes of the longest head that is remembered."""
ACCEPTS = 8
"""Answers that are remembered of a page, by what codings their clients accept; browsers have few ways to say it."""

_FORGETTABLE = frozenset((
    b"range", b"if-range", b"if-match", b"if-unmodified-since",  # answers that are not the whole page
    b"authorization", b"proxy-authorization",  # answers that are not for everybody
    b"upgrade", b"expect", b"te", b"trailer", b"http2-settings",  # what concerns the connection itself
    b"content-length", b"transfer-encoding",
))  # fmt: skip


class Known:
    """What stands behind a head: the answer, and the rest of its line in the access log."""

    __slots__ = ("finished", "lasts", "tail")

    def __init__(self, finished: Finished, tail: bytes) -> None:
        self.finished = finished
        self.lasts = finished.lasts
        self.tail = tail


class Prepared:
    """What stands behind a head that is not answered here: the request as read, and what will answer it.

    `said` is what the access log has of the request line and of the fields.
    """

    __slots__ = ("holder", "lasts", "request", "said", "serve")

    def __init__(self, request: Request, holder: str, serve: Serve, said: tuple[bytes, bytes], lasts: bool) -> None:
        self.request = request
        self.holder = holder
        self.serve = serve
        self.said = said
        self.lasts = lasts


class Block:
    """A block of fields: what it says, and what the access log has of it.

    `accept` is all that a page looks at (`roles.Page`): the codings the client takes; None for one who sets conditions.
    """

    __slots__ = ("accept", "fields", "said")

    def __init__(self, fields: dict[bytes, bytes], said: bytes) -> None:
        self.fields = fields
        self.said = said
        self.accept = None if is_conditional(fields) else fields.get(b"accept-encoding", b"")


class Place:
    """What stands behind a request line: a request with it, its resource and its page if it has one."""

    __slots__ = ("_given", "_holder", "_line", "_page", "_request", "_serve")

    def __init__(self, request: Request, holder: str, serve: Serve, page: Page | None, line: bytes) -> None:
        self._request = request
        self._holder = holder
        self._serve = serve
        self._page = page
        self._line = line  # as the access log has it
        self._given: dict[bytes | None, tuple[Finished, bytes]] = {}  # to who accepts what, and what the log has of it

    def meet(self, block: Block, second: int) -> Known | Prepared:
        """What the request line means together with a block of fields."""
        given = self._given.get(block.accept)
        if given is not None and given[0].lasts:
            return Known(given[0], given[1] + block.said)
        finished = None if self._page is None else self._page.finished(block.fields, second)
        if finished is None:
            return self._prepared(block)
        said = b"%b %d %d" % (self._line, finished.status, finished.sent)
        if finished.lasts and block.accept is not None:  # one that is given once must not be kept alive here
            if len(self._given) >= ACCEPTS:
                self._given.clear()
            self._given[block.accept] = finished, said
        return Known(finished, said + block.said)

    def _prepared(self, block: Block) -> Prepared:
        """A request with this line and these fields, which say nothing of a body or of the connection."""
        first = self._request
        request = Request(first.line, first.method, first.target, first.minor, block.fields, 0, True, False)
        return Prepared(request, self._holder, self._serve, (self._line, block.said), self._page is None)


def memorable(request: Request) -> bool:
    """Whether a head may be remembered: a GET of a path with HTTP/1.1, kept alive, that asks for the whole page.

    A condition on the entity tag or the date (a returning browser) is part of the block and so of the key; the page
    decides it anew each second.
    """
    fields = request.fields
    return (
        request.method == b"GET"
        and request.minor == 1
        and request.length == 0
        and request.target.raw.startswith(b"/")
        and not request.target.climbs
        and fields.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        and _FORGETTABLE.isdisjoint(fields)
    )


class Memory(dict):
    """A dictionary that forgets what is not asked for; `memory[key]` is None for what it does not know.

    It is its own young half, so that what is asked for often costs no call of Python.

    :param most: entries. :param bytes: of their keys, about. What stands behind them is at most six times as long: the
        fields, and their place in the log with every byte escaped.
    """

    __slots__ = ("_half", "_half_bytes", "_old", "_weight")

    def __init__(self, most: int, bytes: int) -> None:
        super().__init__()
        self._half = max(most // 2, 1)
        self._half_bytes = bytes // 2
        self._weight = 0  # bytes that have come into the young half
        self._old: dict = {}

    def __missing__(self, key: bytes):
        value = self._old.pop(key, None)
        if value is not None:
            self.put(key, value)
        return value

    def put(self, key: bytes, value) -> None:
        """Remember."""
        if len(self) >= self._half or self._weight >= self._half_bytes:
            self._old = self.copy()
            self.clear()
            self._weight = 0
        self._weight += len(key)
        self[key] = value

    def forget(self, key: bytes) -> None:
        """Forget."""
        self.pop(key, None)
        self._old.pop(key, None)

    def count(self) -> int:
        """Entries, old and young."""
        return len(self) + len(self._old)


class Door:
    """The memories, and how they are filled. `heads` is the one of whole heads, which is asked with every request.

    :param entries: heads, and as many lines, and blocks, that are remembered; `bytes` in each of the three.
    :param route: finds the resource of a request; one with a `page` method is asked for its page, and one with a `way`
        method for what serves the request in its place (`roles.Collection`).
    :param log_line: what the access log has of a request line, `log_fields` what it has of the fields.
    """

    __slots__ = (
        "_blocks", "_entries", "_limits", "_lines", "_log_fields", "_log_line", "_longest", "_route", "_seen", "heads",
    )  # fmt: skip

    def __init__(
        self,
        entries: int,
        bytes: int,
        limits: Limits,
        route: Callable[[Request], Resource],
        log_line: Callable[[bytes], bytes],
        log_fields: Callable[[dict[bytes, bytes]], bytes],
    ) -> None:
        self._entries = entries
        self._seen: set[int] = set()  # the hashes of heads that came once
        self.heads = Memory(entries, bytes)
        self._lines = Memory(entries, bytes)
        self._blocks = Memory(entries, bytes)
        self._limits = limits
        self._longest = min(LONGEST, limits.head)
        self._route = route
        self._log_line = log_line
        self._log_fields = log_fields

    def look(self, head: bytes, second: int) -> Known | Prepared | None:
        """What a head that is not among `heads` means in this second, if it is to be had here.

        :return: None for anything but one whole head.
        """
        if len(head) > self._longest:
            return None
        try:
            known = self._find(head, second)
        except Exception:
            return None  # whatever is wrong will happen again on the long way, where it is told and answered
        if known is not None and known.lasts:
            self._remember(head, known)
        return known

    def _remember(self, head: bytes, known: Known | Prepared) -> None:
        """Remember a head that comes for the second time. Most new meetings of a line and a block come once."""
        trace = hash(head)
        if trace in self._seen:
            self._seen.discard(trace)
            self.heads.put(head, known)
        else:
            if len(self._seen) >= self._entries:
                self._seen.clear()
            self._seen.add(trace)

    def forget(self, head: bytes) -> None:
        """The answer to a head does not stand any more."""
        self.heads.forget(head)

    def figures(self) -> dict[str, int]:
        """How much is remembered."""
        return {"heads": self.heads.count(), "lines": self._lines.count(), "blocks": self._blocks.count()}

    def _find(self, head: bytes, second: int) -> Known | Prepared | None:
        """What a head means, by its parts."""
        cut = head.find(b"\r\n")
        place, block = self._lines[head[:cut]], self._blocks[head[cut:]]
        if place is not None and block is not None:
            return place.meet(block, second)
        if head.find(b"\r\n\r\n") != len(head) - 4 or cut > self._limits.line:
            return None
        request = parse_head(head, self._limits)
        if request.length != 0 or request.target.climbs:
            return None
        resource = self._route(request)
        page: Page | None = resource.page(request.target) if hasattr(resource, "page") else None
        serve: Serve = resource.way(request.target) if hasattr(resource, "way") else resource.serve
        line, rest = self._log_line(request.line), self._log_fields(request.fields)
        # Pages are few, and so are the paths that have none. What is asked of one in a query may be anything.
        if not memorable(request) or (page is None and request.target.query is not None):
            return Prepared(request, resource.name, serve, (line, rest), False)
        if place is None:
            place = Place(request, resource.name, serve, page, line)
            self._lines.put(head[:cut], place)
        if block is None:
            block = Block(request.fields, rest)
            self._blocks.put(head[cut:], block)
        return place.meet(block, second)
