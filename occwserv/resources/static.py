"""Adapter. Pages that are files (the paper, 2.2: `static.farm`, `get.page`).

A request goes through three steps: its path is made safe (`paths`), a file is opened, perhaps a precompressed
neighbour in its place (`files`), and it is decided what the client gets of it (`selection`). Small pages are read
at once; of large ones the connection is given pieces of the open file, which leave by `sendfile`.
"""

import os
from collections.abc import Callable
from secrets import token_hex

from ..connection import Connection
from ..http.answer import Answer, FilePart
from ..http.dates import http_date
from ..http.errors import HTTPError
from ..http.head import Request
from ..http.media import MediaTypes
from ..http.negotiation import choose_coding
from ..http.ranges import Span, last_boundary, part_head
from .files import OpenFile, Root
from .paths import escape_path, relative_path
from .selection import Nothing, Partial, Whole, choose

SMALL = 64 * 1024
"""Bytes up to which a page is read at once: less work than sendfile."""

ATTEMPTS = 3
"""How often a small page is read again because it changed meanwhile: its bytes would not be those of its ETag."""

ALLOW = (b"Allow", b"GET, HEAD, OPTIONS")
_KNOWN = frozenset((b"POST", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"CONNECT"))
_CODINGS = {"br": b"br", "zst": b"zstd", "gz": b"gzip"}

Fields = list[tuple[bytes, bytes]]


class Static:
    """Serves the files below a root.

    :param index: names of files that stand for their folder.
    :param precompressed: endings of neighbours (`page.html.br`), the favourite first.
    :param list_folder: answers for a folder without an index; None to refuse.
    :param most_ranges: ranges a request may ask for.
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
    ) -> None:
        self._root = root
        self._index = [os.fsencode(name) for name in index]
        self._types = types
        self._codings = [(_CODINGS[ending], b"." + ending.encode()) for ending in precompressed]
        self._list_folder = list_folder
        self._most_ranges = most_ranges

    def serve(self, connection: Connection) -> None:
        """Answer with a file."""
        request = connection.request
        if request.method not in (b"GET", b"HEAD"):
            connection.reply(self._without_page(request))
            return
        relative = relative_path(request.target)
        try:
            if not relative or relative.endswith(b"/"):
                answer = self._folder(request, relative, connection.client.site.now())
            else:
                answer = self._page(request, relative, connection.client.site.now())
        except IsADirectoryError:
            answer = self._to_slash(request, relative)
        connection.reply(answer)

    def plain_page(self, name: bytes) -> tuple[bytes, bytes] | None:
        """A small file by its path, for pages that stand in for others: its bytes and its type, None if missing."""
        try:
            file = self._root.open(name)
        except (HTTPError, IsADirectoryError):
            return None
        try:
            return os.pread(file.descriptor, SMALL, 0), self._types.of(name)
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

    def _folder(self, request: Request, relative: bytes, now: float) -> Answer:
        for name in self._index:
            try:
                return self._page(request, relative + name, now)
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

    def _page(self, request: Request, relative: bytes, now: float) -> Answer:
        for _ in range(ATTEMPTS):
            file, coding, varies = self._open(relative, request.fields.get(b"accept-encoding"))
            try:
                answer = self._answer(request, file, self._types.of(relative), coding, varies, now)
                whole = answer.release is not None or file.unchanged()
            except BaseException:
                file.close()
                raise
            if answer.release is None:
                file.close()
            if whole:
                return answer
        raise HTTPError(503, "the page is being rewritten all the while", ((b"Retry-After", b"1"),))

    def _open(self, relative: bytes, accept: bytes | None) -> tuple[OpenFile, bytes, bool]:
        """The file to send, how it is coded, and whether other clients would be sent it otherwise."""
        plain = self._root.open(relative)
        others: dict[bytes, OpenFile] = {}
        for coding, ending in self._codings:
            try:
                other = self._root.open(relative + ending)
            except (HTTPError, IsADirectoryError):
                continue
            # An older neighbour was made of an older page.
            if other.modified_ns < plain.modified_ns:
                other.close()
            else:
                others[coding] = other
        if not others:
            return plain, b"", False
        chosen = choose_coding(accept, list(others))
        file = others.pop(chosen) if chosen is not None else plain
        for other in [*others.values(), *([plain] if file is not plain else [])]:
            other.close()
        return file, chosen or b"", True

    def _answer(
        self, request: Request, file: OpenFile, media_type: bytes, coding: bytes, varies: bool, now: float
    ) -> Answer:
        page = file.validators(coding)
        fields: Fields = [(b"ETag", page.etag), (b"Last-Modified", http_date(page.modified))]
        if varies:
            fields.append((b"Vary", b"Accept-Encoding"))
        chosen = choose(request.method, request.fields, page, file.size, now, self._most_ranges)
        if chosen is Nothing.NOT_MODIFIED:
            return Answer(304, fields)
        if chosen is Nothing.FAILED:
            raise HTTPError(412, "the page is not in the state the request asks for")
        if chosen is Nothing.UNSATISFIABLE:
            raise HTTPError(416, "the page has no such range", ((b"Content-Range", b"bytes */%d" % file.size),))
        fields.append((b"Accept-Ranges", b"bytes"))
        if coding:
            fields.append((b"Content-Encoding", coding))
        if isinstance(chosen, Whole):
            return self._body(request, 200, [*fields, (b"Content-Type", media_type)], file, [Span(0, file.size)])
        if len(chosen.spans) == 1:
            fields += [(b"Content-Type", media_type), (b"Content-Range", chosen.spans[0].content_range(file.size))]
            return self._body(request, 206, fields, file, list(chosen.spans))
        return self._multipart(request, fields, file, media_type, chosen)

    def _multipart(
        self, request: Request, fields: Fields, file: OpenFile, media_type: bytes, chosen: Partial
    ) -> Answer:
        boundary = token_hex(16).encode("ascii")
        parts: list[bytes | Span] = []
        for span in chosen.spans:
            parts += [part_head(boundary, media_type, span, file.size), span]
        parts.append(last_boundary(boundary))
        fields.append((b"Content-Type", b"multipart/byteranges; boundary=" + boundary))
        return self._body(request, 206, fields, file, parts)

    @staticmethod
    def _body(request: Request, status: int, fields: Fields, file: OpenFile, parts: list[bytes | Span]) -> Answer:
        """An answer of bytes and spans of the file: read now if there is little, else left in the open file."""
        total = sum(part.length for part in parts if isinstance(part, Span))
        if total > SMALL or request.method == b"HEAD":
            pieces = [
                FilePart(file.descriptor, part.offset, part.length) if isinstance(part, Span) else part
                for part in parts
            ]
            return Answer(status, fields, pieces, file.close)
        read = [
            os.pread(file.descriptor, part.length, part.offset) if isinstance(part, Span) else part for part in parts
        ]
        return Answer(status, fields, read)
