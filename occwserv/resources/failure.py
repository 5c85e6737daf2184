"""Adapter. The one place where an error becomes an answer (the paper, 2.2: `/error....html`).

If the root has a page `/errorNNN.html`, that is the answer's body, whatever the path of the request was; else a page
is made here. The status stays the error's.
"""

from collections.abc import Callable

from ..connection import Connection
from ..http.answer import REASONS, Answer
from ..http.errors import HTTPError
from .pages import load_templates, render


class Failure:
    """Answers errors.

    :param find: the answer with a page of the root, by its path, or None.
    """

    def __init__(self, find: Callable[[bytes], Answer | None]) -> None:
        self._find = find
        load_templates()

    def __call__(self, connection: Connection, error: HTTPError) -> None:
        """Answer a request with its error page."""
        # An incident has a number, which only a page that is made here can tell.
        told = any(name == b"Incident" for name, _ in error.fields)
        found = None if told else self._find(b"error%d.html" % error.status)
        if found is None:
            found = self._built_in(error)
        # The body of an error says nothing about the page that was asked for: no cache is to keep it as that.
        fields = [*error.fields, *found.fields, (b"Cache-Control", b"no-store")]
        connection.reply(Answer(error.status, fields, found.parts, found.release))

    @staticmethod
    def _built_in(error: HTTPError) -> Answer:
        page = render("error.html", status=error.status, reason=REASONS.get(error.status, "Error"), why=error.why)
        return Answer(error.status, ((b"Content-Type", b"text/html; charset=utf-8"),), (page,))
