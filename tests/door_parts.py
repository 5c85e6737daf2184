"""What the tests of the door share: a table of heads, and pages that refuse what the real ones refuse."""

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from occwserv.backend import logline
from occwserv.connection import Connection
from occwserv.frontend.door import Door, Known, Prepared
from occwserv.http.head import Limits, Request
from occwserv.http.target import Target

from .sockets import NOW

BROWSER = (
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    b"Accept-Language: en-GB,en;q=0.5",
    b"Accept-Encoding: gzip, deflate, br, zstd",
    b"Referer: http://a/",
    b"Cookie: a=b; c=d",
    b"Upgrade-Insecure-Requests: 1",
    b"Sec-Fetch-Dest: document",
    b"Priority: u=0, i",
    b"DNT: 1",
)

MEMORABLE = [
    # method, target, minor, fields, whether it may be remembered
    (b"GET", b"/", 1, (), True),
    (b"GET", b"/page.html", 1, BROWSER, True),
    (b"GET", b"/a/b/c?d=e&f", 1, (), True),
    (b"GET", b"/%20%2e%2F", 1, (), True),
    (b"GET", b"//", 1, (), True),
    (b"GET", b"/a..b/..c/d../", 1, (), True),
    (b"GET", b"/..", 1, (), True),
    (b"GET", b"/?a=/../", 1, (), True),
    (b"GET", b"/", 2, (), True),  # a later minor version is answered as 1.1
    # what a returning browser sends; the page decides about it each second
    (b"GET", b"/", 1, (b'If-None-Match: "a"',), True),
    (b"GET", b"/", 1, (b"If-None-Match: *",), True),
    (b"GET", b"/", 1, (b"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",), True),
    (b"GET", b"/", 1, (b"Cache-Control: max-age=0", b"Pragma: no-cache"), True),
    # keep-alive is what is meant anyway
    (b"GET", b"/", 1, (b"Connection: keep-alive",), True),
    (b"GET", b"/", 1, (b"Connection: Keep-Alive",), True),
    (b"GET", b"/", 1, (b"Keep-Alive: 300",), True),
    (b"GET", b"/", 1, (b"Content-Type: text/plain",), True),
    # what concerns the connection
    (b"GET", b"/", 1, (b"Connection: close",), False),
    (b"GET", b"/", 1, (b"Connection: Close",), False),
    (b"GET", b"/", 1, (b"Connection: keep-alive, close",), False),
    (b"GET", b"/", 1, (b"Connection: keep-alive, Accept-Encoding",), False),
    (b"GET", b"/", 1, (b"Connection: keep-alive", b"Connection: close"), False),
    (b"GET", b"/", 1, (b"Connection: Upgrade", b"Upgrade: websocket"), False),
    (b"GET", b"/", 1, (b"Connection:",), False),
    (b"GET", b"/", 1, (b"Upgrade: h2c",), False),
    (b"GET", b"/", 1, (b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",), False),
    (b"GET", b"/", 1, (b"TE: trailers",), False),
    (b"GET", b"/", 1, (b"Trailer: a",), False),
    (b"GET", b"/", 1, (b"Expect: 100-continue",), False),
    # not the whole page, or not whatever state it is in
    (b"GET", b"/", 1, (b"Range: bytes=0-1",), False),
    (b"GET", b"/", 1, (b"RANGE: letters=a-b",), False),
    (b"GET", b"/", 1, (b'If-Range: "a"',), False),
    (b"GET", b"/", 1, (b'If-Match: "a"',), False),
    (b"GET", b"/", 1, (b"If-Match: *",), False),
    (b"GET", b"/", 1, (b"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT",), False),
    # not for everybody
    (b"GET", b"/", 1, (b"Authorization: Basic YTpi",), False),
    (b"GET", b"/", 1, (b"Proxy-Authorization: Basic YTpi",), False),
    # a body, even an empty one
    (b"GET", b"/", 1, (b"Content-Length: 0",), False),
    (b"GET", b"/", 1, (b"Content-Length: 5",), False),
    (b"GET", b"/", 1, (b"Transfer-Encoding: chunked",), False),
    # other methods, versions and forms of the target
    (b"HEAD", b"/", 1, (), False),
    (b"POST", b"/", 1, (), False),
    (b"PUT", b"/", 1, (), False),
    (b"DELETE", b"/", 1, (), False),
    (b"TRACE", b"/", 1, (), False),
    (b"OPTIONS", b"/", 1, (), False),
    (b"OPTIONS", b"*", 1, (), False),
    (b"CONNECT", b"a:80", 1, (), False),
    (b"get", b"/", 1, (), False),
    (b"PROPFIND", b"/", 1, (), False),
    (b"GET", b"/", 0, (), False),
    (b"GET", b"/", 0, (b"Connection: keep-alive",), False),
    (b"GET", b"http://a/", 1, (), False),
    (b"GET", b"HTTP://a/page.html", 1, (), False),
    (b"GET", b"/../", 1, (), False),
    (b"GET", b"/a/../b", 1, (), False),
    (b"GET", b"/a/../b?c", 1, (), False),
]


class Ready:
    """A finished answer, as pages give them."""

    def __init__(self, name: bytes, lasts: bool) -> None:
        self.status, self.sent, self.lasts = 200, len(name), lasts
        self.name = name

    def at(self, second: int) -> bytes:
        return self.name


class Leaf:
    """A page that is asked as the server's own are, and counts how often."""

    def __init__(self, name: bytes, lasts: bool) -> None:
        self.asked = 0
        self._answer = Ready(name, lasts)

    def finished(self, fields: dict[bytes, bytes], second: int) -> Ready | None:
        assert isinstance(fields, dict) and all(name == name.lower() for name in fields) and second == int(NOW)
        self.asked += 1
        if b"x-fail" in fields:
            raise ValueError("the page fails")
        return None if b"x-long-way" in fields else self._answer


class Pageless:
    """A resource of which some requests are served elsewhere."""

    name = "pageless"

    def serve(self, connection: Connection) -> None: ...

    def elsewhere(self, connection: Connection) -> None: ...

    def way(self, target: Target) -> Callable[[Connection], None]:
        return self.elsewhere if target.query is None else self.serve


class Shelf:
    """A resource with pages, and the way to it."""

    name = "shelf"

    def __init__(self, lasts: bool = True) -> None:
        self.pages: dict[bytes, Leaf] = {}
        self.routed: list[bytes] = []
        self.pageless = Pageless()
        self._lasts = lasts

    def serve(self, connection: Connection) -> None: ...

    def route(self, request: Request) -> object:
        assert isinstance(request, Request)
        self.routed.append(request.target.path)
        if request.target.path == b"/unroutable":
            raise ValueError("the way fails")
        return self.pageless if request.target.path == b"/pageless" else self

    def page(self, target: Target) -> Leaf | None:
        if target.path == b"/broken":
            raise ValueError("the resource fails")
        return None if target.path == b"/none" else self.pages.setdefault(target.path, Leaf(target.path, self._lasts))


class DoorTestCase(SynchronousTestCase):
    """A door, and the resource behind it."""

    def setUp(self) -> None:
        self.begin()

    def begin(self, entries: int = 100, limits: Limits | None = None, lasts: bool = True, **logs: Callable) -> None:
        self.shelf = Shelf(lasts)
        logs = {"log_line": logline.request_line, "log_fields": logline.combined, **logs}
        self.door = Door(entries, 1 << 23, limits or Limits(), self.shelf.route, **logs)

    def look(self, head: bytes) -> bytes | None:
        """What is answered to a head."""
        known = self.door.heads[head] or self.door.look(head, int(NOW))
        return known.finished.at(int(NOW)) if isinstance(known, Known) else None

    def read(self, head: bytes) -> Prepared:
        """What a head that is not answered here is read as."""
        prepared = self.door.heads[head] or self.door.look(head, int(NOW))
        assert isinstance(prepared, Prepared), (head, prepared)
        return prepared

    def assert_nothing_is_remembered(self) -> None:
        self.assertEqual(self.door.figures(), {"heads": 0, "lines": 0, "blocks": 0})
