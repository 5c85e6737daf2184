"""Adapter. Pages in memory: read once, looked after once a second, sent without touching the file (the paper, 2.2).

A `CachedPage` has the bytes of a page and of its precompressed neighbours. From them it makes *finished* answers: head
and body in one piece, of which only the `Date` is exchanged, once a second. In the same breath the files are looked
at; when one has changed, come or gone, the page is dead and says so to whoever asks it next. So nothing is sent that
is more than a second older than the file.
"""

from collections.abc import Callable, Mapping, Sequence

from ..connection import SERVER
from ..http.answer import encode_head
from ..http.conditions import Validators, Verdict, evaluate, is_conditional
from ..http.dates import http_date
from ..http.negotiation import choose_coding
from .files import Facts, facts_of
from .selection import body_fields, page_fields


class Finished:
    """One answer with a page: to those who take this coding, and do not have it yet or do.

    `status`, and how many bytes of a body are `sent`. `lasts`: it can be given again as long as the page lives.

    :param page: a page in memory, or None for an answer that is given once.
    :param head: its date is `?`.
    """

    __slots__ = ("_after", "_before", "_body", "_data", "_page", "_second", "lasts", "sent", "status")

    def __init__(self, page: "CachedPage | None", status: int, head: bytes, body: bytes) -> None:
        self._before, _, self._after = head.partition(b"?")
        self._body = body  # the page's own, not a copy
        self._page = page
        self._second = -1
        self._data: bytes | None = None
        self.lasts = page is not None
        self.status = status
        self.sent = len(body)

    def at(self, second: int) -> bytes | None:
        """All bytes of the answer in this second, None when the page is dead."""
        if second == self._second:
            self._page.used()
            return self._data
        if self._page is not None and not self._page.alive(second):
            self.release()
            return None
        self._data = b"".join((self._before, http_date(second), self._after, self._body))
        if self._page is not None:
            self._second = second
            self._page.used()
        return self._data

    def release(self) -> None:
        """Let the bytes go: whoever remembers the answer is not to keep them alive."""
        self._data, self._body, self._second = None, b"", -1
        self.lasts = False


class Folder:
    """A folder, looked at once a second at most: as long as it is what it was, no file has come into it or gone."""

    __slots__ = ("_checked", "_path", "_state")

    def __init__(self, path: bytes) -> None:
        self._path = path
        self._checked = -1
        self._state: Facts | None = None

    def state(self, second: int) -> Facts | None:
        """What the file system says of the folder; None when it has changed too lately to tell the next change."""
        if self._checked != second:
            self._checked = second
            self._state = facts_of(self._path)
            # A second change within a tick of the file system's clock would leave the times as the first did.
            if self._state is not None and self._state[1] // 10**9 >= second - 1:
                self._state = None
        return self._state


class CachedPage:
    """A page in memory.

    :param forms: for each coding (b"" for the plain page, which is always there) the bytes and their validators.
    :param facts: of the page's file and its neighbours, what the file system said of them; None: nothing.
    :param absent: neighbours the page could have and does not; they would come into `folder`.
    :param used: called whenever the page is sent.
    """

    __slots__ = (
        "_absent", "_alive", "_checked", "_facts", "_finished", "_folder", "_plain", "_state", "codings", "forms",
        "media_type", "used",
    )  # fmt: skip

    def __init__(
        self,
        forms: Mapping[bytes, tuple[bytes, Validators]],
        facts: Mapping[bytes, Facts | None],
        absent: Sequence[bytes],
        folder: Folder,
        media_type: bytes,
        second: int,
        used: Callable[[], None],
    ) -> None:
        self.forms = dict(forms)
        self.used = used
        self.codings = [coding for coding in forms if coding]
        self.media_type = media_type
        self._facts = list(facts.items())
        self._absent = absent
        self._folder = folder
        self._state: Facts | None = None
        self._finished: dict[tuple[bytes, bool], Finished] = {}
        self._plain: Finished | None = None  # the answer of a page that has but one form, to who has not got it
        self._checked = second
        self._alive = True

    def alive(self, second: int) -> bool:
        """Whether the files are those that were read: the file system is asked once a second at most."""
        if self._checked != second and self._alive:
            self._checked = second
            if not self._is_unchanged(second):
                self.die()
        return self._alive

    def _is_unchanged(self, second: int) -> bool:
        for path, facts in self._facts:
            if facts_of(path) != facts:
                return False
        state = self._folder.state(second)
        if state is None or state != self._state:
            self._state = state
            return all(facts_of(path) is None for path in self._absent)
        return True

    def die(self) -> None:
        """The page is not sent any more: it has changed, or lost its place in the cache. Its bytes are let go."""
        self._alive = False
        self.forms = {}
        self._plain = None
        for finished in self._finished.values():
            finished.release()
        self._finished.clear()

    def choose(self, accept: bytes | None) -> bytes:
        """The coding for a client who accepts these."""
        return (choose_coding(accept, self.codings) or b"") if self.codings else b""

    def finished(self, fields: Mapping[bytes, bytes]) -> Finished | None:
        """The answer to a GET of the whole page with these fields; None when the page is dead."""
        if self._plain is not None and not is_conditional(fields):
            return self._plain
        if not self._alive:
            return None
        coding = self.choose(fields.get(b"accept-encoding"))
        body, validators = self.forms[coding]
        key = coding, has_page(fields, validators, self._checked)
        finished = self._finished.get(key)
        if finished is None:
            sent = b"" if key[1] else body
            length = None if key[1] else len(body)
            status, head = page_head(validators, self.media_type, coding, bool(self.codings), length)
            finished = self._finished[key] = Finished(self, status, head, sent)
            if not self.codings and not key[1]:
                self._plain = finished
        return finished


def has_page(fields: Mapping[bytes, bytes], validators: Validators, second: int) -> bool:
    """Whether the client has this state of the page already, and says so."""
    return is_conditional(fields) and evaluate(b"GET", fields, validators, second) is Verdict.NOT_MODIFIED


def page_head(
    validators: Validators, media_type: bytes, coding: bytes, varies: bool, length: int | None
) -> tuple[int, bytes]:
    """Status and head of an answer with a page: 200 with so many bytes of it, or 304 without any (None)."""
    fields = page_fields(validators, varies)
    if length is not None:
        fields += body_fields(coding)
        fields += [(b"Content-Type", media_type), (b"Content-Length", b"%d" % length)]
    status = 304 if length is None else 200
    return status, encode_head(status, [(b"Date", b"?"), (b"Server", SERVER), *fields])
