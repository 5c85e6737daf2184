"""Pure. The requests of a session in their order: the next is let in when the one before it has its answer.

The order belongs to the module and not to one of its instances: a session outlives those.
"""

from collections import deque

from ...connection import Connection
from .forms import parse_cookies

SESSION = "ogi"
"""The cookie that holds it."""


class Sessions:
    """The sessions of one module in which something is under way: `inside` has the request of each that was let in."""

    __slots__ = ("_session_of", "_waiting", "inside")

    def __init__(self) -> None:
        self.inside: dict[str, Connection] = {}
        self._session_of: dict[Connection, str] = {}
        self._waiting: dict[str, deque[Connection]] = {}

    def enter(self, session: str, connection: Connection) -> bool:
        """Whether a request may go on now. If not, it waits here for its turn."""
        inside = self.inside.setdefault(session, connection)
        if inside is connection:
            self._session_of[connection] = session
            return True
        self._waiting.setdefault(session, deque()).append(connection)
        return False

    def has_room(self, session: str, connection: Connection, room: int) -> bool:
        """Whether a request was let in already, or may wait: fewer do in its session than there is room for."""
        return self.inside.get(session) is connection or len(self._waiting.get(session, ())) < room

    def leave(self, connection: Connection) -> Connection | None:
        """A request has its answer: the one that is let in in its place, if there is one."""
        session = self._session_of.pop(connection, None)
        if session is None:
            return None
        waiting = self._waiting.get(session)
        if not waiting:
            del self.inside[session]
            return None
        following = self.inside[session] = waiting.popleft()
        self._session_of[following] = session
        if not waiting:
            del self._waiting[session]
        return following

    def take_late(self, limit: float) -> list[Connection]:
        """Take out those who have waited since before a moment."""
        late = []
        for session, waiting in list(self._waiting.items()):
            while waiting and waiting[0].entered < limit:
                late.append(waiting.popleft())
            if not waiting:
                del self._waiting[session]
        return late


def session_of(core: Connection) -> str:
    """The session that a request says it belongs to, empty for none."""
    field = core.request.fields.get(b"cookie")
    value = parse_cookies(field).get(SESSION, "") if field is not None else ""
    return value if len(value) == 32 and all(letter in "0123456789abcdef" for letter in value) else ""
