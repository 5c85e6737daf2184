"""Adapter. From the program to the client: passed on at once, kept until the client takes it, or until all is there.

none    what the client does not take stays in the program's pipe: the program waits, and keeps its place
spill   it is kept, up to `limits.spill` bytes: the program goes on and ends, and the client takes its time
full    nothing is sent before the program has said all, up to the same bound: an answer that fails on its way is
        an error page, and its length is known
"""

from typing import Protocol

from twisted.internet.defer import Deferred

from ...connection import Connection
from ...settings.cgi import CgiLimits, Flow
from .answer import AnswerWriter
from .backlog import Backlog
from .message import BadOutput


class Owner(Protocol):
    """Whose output it is. `connection` is None when nobody waits for it any more."""

    connection: Connection | None

    def hold(self, held: bool) -> None: ...
    def bad_output(self, error: BadOutput | OSError) -> None: ...
    def answered(self, elsewhere: bytes | None) -> None: ...


class Outflow:
    """The way of one program's output."""

    __slots__ = ("_backlog", "_blocked", "_ended", "_most", "_owner", "_whole", "_writer")

    def __init__(self, writer: AnswerWriter, flow: Flow, limits: CgiLimits, owner: Owner) -> None:
        self._writer = writer
        self._whole = flow == "full"
        self._most = 0 if flow == "none" else limits.spill
        self._backlog = Backlog(limits.spool)
        self._owner: Owner | None = owner  # until the answer is over
        self._blocked = False  # the client takes no more for now
        self._ended = False

    def feed(self, data: bytes) -> None:
        """It wrote something."""
        try:
            if self._whole or self._blocked or self._backlog:
                self._backlog.add(data)
                if self._whole and len(self._backlog) > self._most:
                    self._whole = False  # more than is kept: what there is leaves now
                    self._go_on()
            else:
                self._pass_on(data)
        except (BadOutput, OSError) as error:
            self._owner.bad_output(error)
            return
        if self._owner is not None:
            self._owner.hold(self._held)

    def end(self) -> None:
        """It will write no more."""
        self._ended = True
        if self._whole:
            self._whole = False
            self._writer.whole = len(self._backlog)
        try:
            self._go_on()
        except (BadOutput, OSError) as error:
            self._owner.bad_output(error)

    def close(self) -> None:
        """The answer is over: the owner is let go, so that neither has to be looked for as a ring."""
        self._backlog.close()
        self._owner = self._writer = None

    @property
    def waits(self) -> bool:
        """Whether something is kept back until it is all there."""
        return self._whole and bool(self._backlog)

    @property
    def _held(self) -> bool:
        return self._blocked and len(self._backlog) >= self._most

    def _pass_on(self, data: bytes) -> None:
        connection = self._owner.connection
        taken: Deferred | None = self._writer.feed(connection, data)
        if connection.home:  # it was answered with a file
            self._owner.answered(None)
        elif taken is not None and not taken.called:
            self._blocked = True
            taken.addCallbacks(self._room, lambda failure: None)  # who has left is told of by others

    def _room(self, _: None) -> None:
        self._blocked = False
        if self._owner is None:
            return
        try:
            self._go_on()
        except (BadOutput, OSError) as error:
            self._owner.bad_output(error)

    def _go_on(self) -> None:
        """Send what is kept, as far as the client takes it."""
        while self._backlog and not self._blocked:
            self._pass_on(self._backlog.take())
        if self._owner is None:
            return
        if self._ended and not self._backlog:
            self._owner.answered(self._writer.end(self._owner.connection))
        else:
            self._owner.hold(self._held)
