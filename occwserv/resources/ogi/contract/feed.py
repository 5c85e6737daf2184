"""Adapter. Events that are pushed to one client (server-sent events, HTML standard 9.2).

A feed costs no process. What its client does not take yet waits in it, up to its room; what happens then is its policy.
Whoever has lost events is told how many: an event `missed` with their number.
"""

import re
from collections import deque
from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred

from ....connection import Connection
from ....net.outlet import ClientGone
from ..roles import Answering

_LINE_END = re.compile(r"\r\n|\r|\n")
_FIELDS = [
    (b"Content-Type", b"text/event-stream; charset=utf-8"),
    (b"Cache-Control", b"no-store"),
    (b"X-Accel-Buffering", b"no"),  # a proxy that collects answers is to leave this one alone
]
BEAT = b":\n\n"
POLICIES = ("block", "drop-oldest", "close")


class Feed:
    """`async with connection.events() as feed: await feed.send("...")`

    `last_event_id` is the id of the last event that the client has seen before it came (again), empty for none.
    `missed` counts the events that were lost.
    """

    __slots__ = (
        "_connection", "_core", "_full", "_open", "_policy", "_room", "_untold", "_waiting", "last_event_id", "missed",
    )  # fmt: skip

    def __init__(self, connection: Answering, last: bytes, room: int, policy: str) -> None:
        if policy not in POLICIES:
            raise ValueError(f"the policy of a feed is one of {', '.join(POLICIES)}, not {policy!r}")
        if room < 1:
            raise ValueError(f"a feed has room for at least 1 event, not for {room}")
        self.last_event_id = last.decode("utf-8", "replace")
        self.missed = 0
        self._untold = 0  # of those that were missed, how many the client does not know of
        self._room = room
        self._policy = policy
        self._connection = connection
        self._core: Connection | None = None
        self._open = False
        self._waiting: deque[bytes] = deque()
        self._full: Deferred | None = None  # fires when the client takes more

    async def __aenter__(self) -> "Feed":
        core = self._core = self._connection.begin(200, _FIELDS)
        if core is not None and core.request.method == b"HEAD":
            self._connection.when_gone(self._shut)
            core.end()  # it has all it asked for: nothing else would ever end this answer
            self._connection.left()
        elif core is not None:
            self._open = True
            self._connection.handler.feeds[self] = None
            self._connection.when_gone(self._shut)
            if self._open:
                self._write(BEAT)  # the browser learns at once that it is there
        return self

    @property
    def open(self) -> bool:
        """Whether the client is still there."""
        return self._open

    async def send(self, data: str, event: str | None = None, id: str | None = None) -> None:
        """Push an event.

        :raise ClientGone: the client has left, or was cut off because it was too slow.
        """
        message = encode(data, event, id)
        await self._when_room()
        self._push(message)

    async def send_all(self, events: Iterable[tuple[str, str]]) -> None:
        """Push events that have come together, each its data and its id; they need not wait for each other.

        :raise ClientGone: as `send`.
        """
        messages = [encode(data, None, id) for data, id in events]
        if self._full is None and self._open:
            self._write(b"".join(messages))
            return
        for message in messages:
            await self._when_room()
            self._push(message)

    async def _when_room(self) -> None:
        while self._policy == "block" and self._full is not None and len(self._waiting) >= self._room:
            await self._until_room()

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        core, self._core = self._core, None
        waiting = list(self._waiting) if self._open else []
        self._shut()
        if core is not None and not core.home:
            if error is None or isinstance(error, ClientGone):
                if self._untold and waiting:
                    core.write(encode(str(self._untold), "missed", None))
                for message in waiting:  # bounded by the room: the client gets all that was sent
                    core.write(message)
                core.end()
            else:
                core.abort("the feed was ended")
        self._connection.left()
        return isinstance(error, ClientGone)

    def beat(self) -> None:
        """Send something that is no event, so that a client who left unseen is noticed."""
        if self._full is None and self._open:
            self._write(BEAT)

    async def _until_room(self) -> None:
        room: Deferred = Deferred()
        assert self._full is not None
        self._full.addBoth(lambda result: (room.callback(None), result)[1])
        await room
        if not self._open:
            raise ClientGone

    def _push(self, message: bytes) -> None:
        if not self._open:
            raise ClientGone
        if self._full is None:
            self._write(message)
            return
        if len(self._waiting) >= self._room:
            if self._policy == "close":
                self._cut_off()
                raise ClientGone
            self._waiting.popleft()
            self.missed += 1
            self._untold += 1
        self._waiting.append(message)

    def _write(self, message: bytes) -> None:
        assert self._core is not None
        taken = self._core.write(message)
        if not taken.called:
            self._full = taken
            taken.addCallback(self._go_on)
        taken.addErrback(lambda failure: None)  # that the client has left is told by `when_gone`

    def _go_on(self, _: object) -> None:
        """The client takes more."""
        self._full = None
        if self._untold and self._open:
            missed, self._untold = self._untold, 0
            self._write(encode(str(missed), "missed", None))
        while self._waiting and self._full is None and self._open:
            self._write(self._waiting.popleft())

    def _cut_off(self) -> None:
        """The client is too slow. For the module that is as if it had left."""
        core = self._core
        self._shut()
        if core is not None:
            core.abort("the reader of the feed was too slow")
        self._connection.left()

    def _shut(self) -> None:
        self._open = False
        self._waiting.clear()
        self._connection.handler.feeds.pop(self, None)


def encode(data: str, event: str | None, id: str | None) -> bytes:
    """One event as bytes.

    :raise ValueError: for a name or an id that would not be one line.
    """
    lines = []
    for name, value in (("event", event), ("id", id)):
        if value is not None:
            if _LINE_END.search(value) or "\0" in value:
                raise ValueError(f"the {name} of an event is one line, not {value!r}")
            lines.append(f"{name}: {value}\n")
    lines += [f"data: {line}\n" for line in _LINE_END.split(data)]
    return ("".join(lines) + "\n").encode("utf-8", "replace")
