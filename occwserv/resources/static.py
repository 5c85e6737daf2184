"""Adapter. Pages that are files (the paper, 2.2: `static.farm`, `get.page`).

A request's path is made safe (`paths`), the page is found (`library`), and it is decided what the client gets of it
(`selection`). Small pages are read at once; of large ones the connection is given pieces of the open file, which leave
by `sendfile`.

There is a short way as well: for a request that wants a whole small page and nothing else, `page` gives the front end
something to ask for the answer, without a connection travelling.
"""

import os
from collections.abc import Callable

from ..connection import Connection
from ..http.answer import Answer, FilePart
from ..http.errors import HTTPError, Unavailable
from ..http.head import Request
from ..http.target import Target
from .cached import CachedPage, Finished, has_page, page_head
from .download import ATTEMPTS, SMALL, boundary, file_answer
from .files import Root
from .library import Library
from .paths import escape_path, relative_path
from .selection import Representation, answer

ALLOW = (b"Allow", b"GET, HEAD, OPTIONS")
_KNOWN = frozenset((b"POST", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"CONNECT"))


class Static:
    """Serves the pages of a library.

    :param index: names of files that stand for their folder.
    :param list_folder: is given connections that ask for a folder without an index, and its path; None to refuse.
    :param most_ranges: ranges a request may ask for.
    """

    name = "static"

    def __init__(
        self,
        library: Library,
        index: tuple[str, ...],
        list_folder: Callable[[Connection, Root, bytes], object] | None,
        most_ranges: int,
    ) -> None:
        self._library = library
        self._index = [os.fsencode(name) for name in index]
        self._list_folder = list_folder
        self._most_ranges = most_ranges

    def serve(self, connection: Connection) -> None:
        """Answer with a file."""
        request = connection.request
        if request.method not in (b"GET", b"HEAD"):
            connection.reply(self._without_page(request))
            return
        relative = relative_path(request.target)
        now = connection.client.site.now()
        try:
            if not relative or relative.endswith(b"/"):
                reply = self._folder(request, relative, now)
            else:
                reply = self._page(request, relative, now)
        except IsADirectoryError:
            reply = self._to_slash(request, relative)
        if reply is None:
            self._list_folder(connection, self._library.root, relative)
        else:
            connection.reply(reply)

    def page(self, target: Target) -> "StaticPage | None":
        """The short way to a page, if the path may have one."""
        try:
            relative = relative_path(target)
        except HTTPError:
            return None
        if not relative or relative.endswith(b"/"):
            if not self._index:
                return None
            relative += self._index[0]
        return StaticPage(self._library, relative)

    def plain_page(self, name: bytes) -> Answer | None:
        """The answer with a page that stands in for others, by its path; None if it is missing, or can not be read."""
        try:
            file = self._library.root.open(name)
        except (HTTPError, IsADirectoryError):
            return None
        fields = ((b"Content-Type", self._library.type_of(name)),)
        if file.size > SMALL:
            return Answer(200, fields, (FilePart(file.descriptor, 0, file.size),), file.close)
        body = file.read()
        file.close()
        return None if body is None else Answer(200, fields, (body,))

    def _without_page(self, request: Request) -> Answer:
        if request.method == b"OPTIONS":
            return Answer(204, (ALLOW,))
        if request.method in _KNOWN:
            raise HTTPError(405, "a static page is read, not written to", (ALLOW,))
        raise HTTPError(501, "this server does not know the method")

    def _to_slash(self, request: Request, relative: bytes) -> Answer:
        query = b"" if request.target.query is None else b"?" + request.target.query
        return Answer(301, ((b"Location", escape_path(relative) + b"/" + query),))

    def _folder(self, request: Request, relative: bytes, now: float) -> Answer | None:
        """The answer with the index of a folder; None when the folder is to be listed."""
        for name in self._index:
            try:
                return self._page(request, relative + name, now)
            except IsADirectoryError:
                continue
            except HTTPError as error:
                if error.status != 404:
                    raise
        if not os.path.isdir(self._library.root.place(relative)):
            raise HTTPError(404, "there is no such page")
        if self._list_folder is None:
            raise HTTPError(403, "the folder has no index page, and is not listed")
        return None

    def _page(self, request: Request, relative: bytes, now: float) -> Answer:
        cached = self._library.cached(relative, int(now))
        if cached is not None:
            cached.used()
            coding = cached.choose(request.fields.get(b"accept-encoding"))
            body, validators = cached.forms[coding]
            form = Representation(
                len(body), validators, cached.media_type, coding, bool(cached.codings),
                lambda span: body if span.length == len(body) else body[span.offset : span.offset + span.length],
            )  # fmt: skip
            return answer(request, form, now, self._most_ranges, boundary)
        for _ in range(ATTEMPTS):
            reply = self._from_file(request, relative, now)
            if reply is not None:
                if reply.status == 200:
                    self._library.sent(relative, reply.length, int(now))
                return reply
        raise Unavailable("the page is being rewritten all the while")

    def _from_file(self, request: Request, relative: bytes, now: float) -> Answer | None:
        """The answer out of the file; None when that changed while it was read."""
        library = self._library
        file, coding, varies = library.open(relative, request.fields.get(b"accept-encoding"), int(now))
        media_type = library.type_of(relative)
        return file_answer(request, file, media_type, coding, varies, now, self._most_ranges)


class StaticPage:
    """The short way to one page: its answer to a GET of all of it."""

    __slots__ = ("_cached", "_form", "_head", "_library", "_relative")

    def __init__(self, library: Library, relative: bytes) -> None:
        self._library = library
        self._relative = relative
        self._cached: CachedPage | None = None  # where it was found in memory the last time
        self._form: tuple | None = None  # what was read from the file the last time, and what was said of it
        self._head = 0, b""

    def finished(self, fields: dict[bytes, bytes], second: int) -> Finished | None:
        """The answer; None when there is no plain one, and the long way has to be gone."""
        cached = self._cached
        if cached is None or not cached.alive(second):
            cached = self._cached = self._library.cached(self._relative, second)
        if cached is not None:
            return cached.finished(fields)
        try:
            file, coding, varies = self._library.open(self._relative, fields.get(b"accept-encoding"), second)
        except (HTTPError, IsADirectoryError):
            return None
        try:
            if file.size > SMALL:
                return None
            body = file.read()
            if body is None:
                return None
        finally:
            file.close()
        self._library.sent(self._relative, len(body), second, None if coding else file, body)
        form = file.facts, coding, varies
        if form != self._form:
            media_type = self._library.type_of(self._relative)
            self._form = form
            self._head = page_head(file.validators(coding), media_type, coding, varies, len(body))
        if has_page(fields, file.validators(coding), second):
            head = page_head(file.validators(coding), b"", coding, varies, None)
            return Finished(None, *head, b"")
        return Finished(None, *self._head, body)
