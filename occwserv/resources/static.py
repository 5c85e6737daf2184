"""Adapter. Pages that are files (the paper, 2.2: `static.farm`, `get.page`).

A request goes through three steps: its path is made safe (`paths`), a file is opened, perhaps a precompressed
neighbour in its place (`files`), and it is decided what the client gets of it (`selection`). Small pages are read at
once; of large ones the connection is given pieces of the open file, which leave by `sendfile`. Pages that are asked
for often win a place in memory (`pagecache`, `cached`), and are not opened any more.
"""

import os
from collections.abc import Callable
from secrets import token_hex

from ..connection import Connection
from ..http.answer import Answer, FilePart, Part
from ..http.errors import HTTPError
from ..http.head import Request
from ..http.media import MediaTypes
from ..http.negotiation import choose_coding
from ..http.ranges import Span
from .cached import CachedPage, facts_of
from .files import OpenFile, Root
from .pagecache import PageCache
from .paths import escape_path, relative_path
from .selection import Representation, answer

SMALL = 64 * 1024
"""Bytes up to which a page is read at once: less work than sendfile."""

ATTEMPTS = 3
"""How often a small page is read again because it changed meanwhile: its bytes would not be those of its ETag."""

ALLOW = (b"Allow", b"GET, HEAD, OPTIONS")
_KNOWN = frozenset((b"POST", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"CONNECT"))
_CODINGS = {"br": b"br", "zst": b"zstd", "gz": b"gzip"}


class Static:
    """Serves the files below a root.

    :param index: names of files that stand for their folder.
    :param precompressed: endings of neighbours (`page.html.br`), the favourite first.
    :param list_folder: answers for a folder without an index; None to refuse.
    :param most_ranges: ranges a request may ask for.
    :param pages: the table in which pages compete for a place in memory.
    """

    name = "static"

    def __init__(
        self,
        root: Root,
        index: tuple[str, ...],
        types: MediaTypes,
        precompressed: tuple[str, ...],
        list_folder: Callable[[Root, bytes], Answer] | None,
        most_ranges: int,
        pages: PageCache,
    ) -> None:
        self._root = root
        self._index = [os.fsencode(name) for name in index]
        self._types = types
        self._endings = [(_CODINGS[ending], b"." + ending.encode()) for ending in precompressed]
        self._list_folder = list_folder
        self._most_ranges = most_ranges
        self._pages = pages
        self._alone: set[bytes] = set()  # pages found to have no neighbours, in this second
        self._second = 0

    def serve(self, connection: Connection) -> None:
        """Answer with a file."""
        request = connection.request
        if request.method not in (b"GET", b"HEAD"):
            connection.reply(self._without_page(request))
            return
        relative = relative_path(request.target)
        try:
            if not relative or relative.endswith(b"/"):
                reply = self._folder(connection, relative)
            else:
                reply = self._page(connection, relative)
        except IsADirectoryError:
            reply = self._to_slash(request, relative)
        connection.reply(reply)

    def plain_page(self, name: bytes) -> tuple[bytes, bytes] | None:
        """A small file by its path, for pages that stand in for others: its bytes and its type, None if missing."""
        try:
            file = self._root.open(name)
        except (HTTPError, IsADirectoryError):
            return None
        try:
            return os.pread(file.descriptor, file.size, 0), self._types.of(name)
        finally:
            file.close()

    def _without_page(self, request: Request) -> Answer:
        if request.method == b"OPTIONS":
            return Answer(204, (ALLOW,))
        if request.method in _KNOWN:
            raise HTTPError(405, "a static page is read, not written to", (ALLOW,))
        raise HTTPError(501, "this server does not know the method")

    def _to_slash(self, request: Request, relative: bytes) -> Answer:
        query = b"" if request.target.query is None else b"?" + request.target.query
        return Answer(301, ((b"Location", escape_path(relative) + b"/" + query),))

    def _folder(self, connection: Connection, relative: bytes) -> Answer:
        for name in self._index:
            try:
                return self._page(connection, relative + name)
            except IsADirectoryError:
                continue
            except HTTPError as error:
                if error.status != 404:
                    raise
        if not os.path.isdir(self._root.path + b"/" + relative):
            raise HTTPError(404, "there is no such page")
        if self._list_folder is None:
            raise HTTPError(403, "the folder has no index page, and is not listed")
        return self._list_folder(self._root, relative)

    def _page(self, connection: Connection, relative: bytes) -> Answer:
        now = connection.client.site.now()
        request = connection.request
        entry = self._pages.get(relative)
        if entry is not None and entry.cached:
            if entry.content.alive(int(now)):
                self._pages.hit(entry)
                return self._from_memory(connection, entry.content, now)
            self._pages.drop(entry)
        if int(now) != self._second:
            self._second = int(now)
            self._alone.clear()
        for _ in range(ATTEMPTS):
            reply = self._from_file(request, relative, now)
            if reply is not None:
                self._compete(relative, reply, int(now))
                return reply
        raise HTTPError(503, "the page is being rewritten all the while", ((b"Retry-After", b"1"),))

    def _from_memory(self, connection: Connection, page: CachedPage, now: float) -> Answer:
        connection.page = page
        coding = page.choose(connection.request.fields.get(b"accept-encoding"))
        body, validators = page.files[coding]
        form = Representation(
            len(body), validators, page.media_type, coding, bool(page.codings),
            lambda span: body if span.length == len(body) else body[span.offset : span.offset + span.length],
        )  # fmt: skip
        return answer(connection.request, form, now, self._most_ranges, boundary)

    def _from_file(self, request: Request, relative: bytes, now: float) -> Answer | None:
        """The answer out of the file; None when that changed while it was read."""
        file, coding, varies = self._open(relative, request.fields.get(b"accept-encoding"))
        left_open = False

        def part(span: Span) -> Part:
            nonlocal left_open
            if span.length <= SMALL and request.method == b"GET":
                return os.pread(file.descriptor, span.length, span.offset)
            left_open = True
            return FilePart(file.descriptor, span.offset, span.length)

        try:
            form = Representation(file.size, file.validators(coding), self._types.of(relative), coding, varies, part)
            reply = answer(request, form, now, self._most_ranges, boundary)
            if left_open:
                reply.release = file.close
                return reply
            if not file.unchanged():
                reply = None
        except BaseException:
            file.close()
            raise
        file.close()
        return reply

    def _open(self, relative: bytes, accept: bytes | None) -> tuple[OpenFile, bytes, bool]:
        """The file to send, how it is coded, and whether other clients would be sent it otherwise."""
        plain = self._root.open(relative)
        others = self._open_neighbours(relative, plain)
        if not others:
            return plain, b"", False
        chosen = choose_coding(accept, list(others))
        file = others.pop(chosen) if chosen is not None else plain
        for other in [*others.values(), *([plain] if file is not plain else [])]:
            other.close()
        return file, chosen or b"", True

    def _open_neighbours(self, relative: bytes, plain: OpenFile) -> dict[bytes, OpenFile]:
        """The precompressed forms there are, by coding; one that is older than the page was made of an older page."""
        others: dict[bytes, OpenFile] = {}
        if relative in self._alone:
            return others
        for coding, ending in self._endings:
            facts = facts_of(self._root.place(relative + ending))
            if facts is None or facts[0] < plain.modified_ns:
                continue
            try:
                others[coding] = self._root.open(relative + ending)
            except (HTTPError, IsADirectoryError):
                continue
        if not others:
            self._alone.add(relative)
        return others

    def _compete(self, relative: bytes, reply: Answer, second: int) -> None:
        """A page was sent from its file: perhaps it has earned a place in memory by that."""
        if reply.status != 200:
            return
        entry = self._pages.missed(relative, reply.length)
        if entry is not None:
            page = self._load(relative, second)
            if page is None or not self._pages.resize(entry, sum(len(body) for body, _ in page.files.values())):
                self._pages.drop(entry)
            else:
                entry.content = page

    def _load(self, relative: bytes, second: int) -> CachedPage | None:
        """Read a page with its neighbours; None when that does not work out now."""
        try:
            plain = self._root.open(relative)
        except (HTTPError, IsADirectoryError):
            return None
        files = {b"": plain, **self._open_neighbours(relative, plain)}
        facts = {self._root.place(relative + ending): None for _, ending in self._endings}
        facts = {path: facts_of(path) for path in [self._root.place(relative), *facts]}
        bodies = {}
        whole = True
        for coding, file in files.items():
            bodies[coding] = (os.pread(file.descriptor, file.size, 0), file.validators(coding))
            whole = whole and file.unchanged() and len(bodies[coding][0]) == file.size
            file.close()
        return CachedPage(bodies, facts, self._types.of(relative), second) if whole else None


def boundary() -> str:
    """A line that no page holds."""
    return token_hex(16)
