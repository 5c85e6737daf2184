"""Adapter. A file as an answer: all of it, parts, or nothing, as the request's conditions and ranges say."""

import os
from collections.abc import Sequence
from secrets import token_hex

from ..http.answer import Answer, FilePart, Part
from ..http.errors import Unavailable
from ..http.head import Request
from ..http.media import MediaTypes
from ..http.ranges import Span
from .files import OpenFile, Root
from .selection import Representation, answer

SMALL = 64 * 1024
"""Bytes up to which a page is read at once: less work than sendfile."""

ATTEMPTS = 3
"""How often a small page is read again because it changed meanwhile: its bytes would not be those of its ETag."""


def boundary() -> str:
    """A line that no page holds."""
    return token_hex(16)


def file_answer(
    request: Request, file: OpenFile, media_type: bytes, coding: bytes, varies: bool, now: float, most_ranges: int
) -> Answer | None:
    """The answer with a file, which is closed here, or by the answer's release; None if it changed while it was read.

    :param most_ranges: ranges a request may ask for.
    :raise HTTPError: 412 or 416; 500 it can not be read.
    """
    left_open = False

    def part(span: Span) -> Part:
        nonlocal left_open
        if span.length <= SMALL and request.method == b"GET":
            return file.piece(span.offset, span.length)
        left_open = True
        return FilePart(file.descriptor, span.offset, span.length)

    try:
        form = Representation(file.size, file.validators(coding), media_type, coding, varies, part)
        reply = answer(request, form, now, most_ranges, boundary)
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


class Downloads:
    """Files that are not pages, but sent on behalf of somebody.

    :param hidden: places whose files are never sent.
    """

    def __init__(self, types: MediaTypes, most_ranges: int, hidden: Sequence[bytes]) -> None:
        self._types = types
        self._most_ranges = most_ranges
        self._hidden = hidden
        self._roots: dict[bytes, Root] = {}

    def answer(self, request: Request, folder: bytes, relative: bytes, media_type: bytes | None, now: float) -> Answer:
        """The answer with a file below a folder.

        :param media_type: None for what its name says.
        :raise HTTPError: as `Root.open`; 412 or 416. :raise IsADirectoryError: it is a folder.
        """
        root = self._roots.get(folder)
        if root is None:
            root = self._roots[folder] = Root(os.fsdecode(folder), self._hidden)
        for _ in range(ATTEMPTS):
            file = root.open(relative)
            reply = file_answer(
                request, file, media_type or self._types.of(relative), b"", False, now, self._most_ranges
            )
            if reply is not None:
                return reply
        raise Unavailable("the file is being rewritten all the while")
