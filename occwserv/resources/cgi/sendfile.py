"""Adapter. Files that a program names, and the server sends in the place of what it writes ("X-Sendfile").

The program decides who may have the file; the server knows how to send one: conditions, ranges, `sendfile`. Only files
in the folders that the settings name are sent, wherever links may lead.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from ...connection import Connection
from ...http.answer import Answer
from ...http.errors import HTTPError
from ...http.head import Request
from .log import shown
from .message import BadOutput, Head

_OURS = frozenset((b"etag", b"last-modified", b"accept-ranges", b"content-range", b"content-type"))

FileAnswer = Callable[[Request, bytes, bytes, bytes | None, float], Answer]
"""The answer to a request with a file: its folder, its path in that, its type if that is known, and the time."""


class Sendfile:
    """The files of one mount.

    :param field: the name of the field in which a program names one.
    :param roots: the folders where they may be, absolute and without links.
    """

    def __init__(self, field: bytes, roots: Sequence[bytes], file_answer: FileAnswer) -> None:
        self._field = field.lower()
        self._roots = roots
        self._file_answer = file_answer

    def named(self, head: Head) -> bytes | None:
        """The file that a program names."""
        return next((value for name, value in head.fields if name.lower() == self._field), None)

    def send(self, connection: Connection, head: Head, file: bytes) -> None:
        """Answer with the file, and the other fields that the program said. The connection is given away.

        :raise BadOutput: there is no such file, or it may not be sent.
        """
        request = connection.request
        types = [value for name, value in head.fields if name.lower() == b"content-type"]
        root, relative = self._place(file)
        # What is no 200, or no page that is only looked at, is sent as a whole, whatever the client has already.
        plain = head.status == 200 and request.method in (b"GET", b"HEAD")
        try:
            answer = self._file_answer(
                request if plain else replace(request, fields={}), root, relative, types[0] if types else None,
                connection.client.site.now(),
            )  # fmt: skip
        except IsADirectoryError:
            raise BadOutput(f"it has {shown(file)} sent, which is a folder") from None
        except HTTPError as error:
            if error.status in (412, 416):
                connection.fail(error)  # what the client asks for is not there; the program is right
                return
            raise BadOutput(f"it has {shown(file)} sent: {error.why}") from None
        kept = [pair for pair in head.fields if pair[0].lower() not in (*_OURS, self._field)]
        answer.fields = [*kept, *answer.fields]
        if answer.status == 200:
            answer.status = head.status
        connection.reply(answer)

    def _place(self, file: bytes) -> tuple[bytes, bytes]:
        """The folder that a file is in, and its path in that; one that is not absolute is in the first folder."""
        path = os.path.normpath(file if file.startswith(b"/") else self._roots[0] + b"/" + file)
        for root in self._roots:
            if path.startswith(root.rstrip(b"/") + b"/"):
                return root, path[len(root.rstrip(b"/")) + 1 :]
        raise BadOutput(f"it has {shown(file)} sent, which is in no folder of `sendfile.roots`")
