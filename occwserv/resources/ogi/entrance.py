"""Adapter. What all modules are to the farm: requests enter by their sessions, and faults make a module rest."""

import os
from collections import deque
from pathlib import Path

from ...connection import Connection
from ...http.errors import HTTPError, Unavailable
from .faults import Faults
from .roles import Farm
from .sessions import Sessions, session_of

Facts = tuple[int, int, int]

EVERY = 1
"""Seconds from one look at a module's file to the next, or a tick more, while somebody asks."""


class Entrance:
    """The common part of modules.

    :param path: the module's file. :param place: where it is reached, such as `/ogi/hits`.
    """

    def __init__(self, farm: Farm, name: str, path: Path, place: str) -> None:
        self.farm = farm
        self.name = name
        self.path = path
        self.place = place
        self.shelved = True
        self.sessions = Sessions()
        self.faults = Faults(farm.settings.faults, farm.settings.window)
        self.broken = ""  # why the file as it is can not be used
        self.loads = 0
        self.restarts = 0
        self._let_in: deque[Connection] = deque()  # those of sessions whose turn it is
        self._letting_in = False
        self._look_at = 0.0  # when the file is looked at the next time
        self._due = True  # it is time to

    def serve(self, core: Connection) -> None:
        """Answer a request without a body that was led here. The farm does, when it has another module here by now.

        :raise HTTPError: that is not possible now.
        """
        farm = self.farm
        if not self.shelved or farm.ended:
            farm.serve(core)
            return
        if self._due or b"cookie" in core.request.fields:
            core.entered = farm.now()
            self.take(core)
            return
        self._give(core)  # most often; `take` would come to the same
        if not core.home:  # most are answered by now, and nobody wants to know when they came
            core.entered = farm.now()

    def take(self, core: Connection) -> None:
        """Answer a request.

        :raise HTTPError: that is not possible now.
        """
        if core.entered >= self._look_at:
            self._look_at = core.entered + EVERY
            self._due = False
            self._look()
        session = session_of(core) if b"cookie" in core.request.fields else ""
        if not session:
            self._give(core)
        elif not self.sessions.has_room(session, core, self.farm.settings.queue):
            raise self.full()
        elif self.sessions.enter(session, core):
            try:
                self._give(core)
            except HTTPError:
                self.left(core)
                raise

    def left(self, core: Connection) -> None:
        """A request has its answer: the next of its session is let in.

        A loop and not a recursion: each of a thousand may be answered at once, with an error.
        """
        following = self.sessions.leave(core)
        if following is not None:
            self._let_in.append(following)
        if not self._letting_in:
            self._letting_in = True
            while self._let_in:
                self.farm.again(self, self._let_in.popleft())
            self._letting_in = False

    def check(self, now: float) -> None:
        """The clock: whoever has waited too long for others of his session is told so."""
        self._due = now >= self._look_at
        for core in self.sessions.take_late(now - self.farm.settings.answer):
            core.fail(HTTPError(504, "an earlier request of the same session is not answered yet"))

    def failed(self, what: str) -> None:
        """It has failed."""
        self.faults.happened(self.farm.now(), what)

    def full(self) -> HTTPError:
        """What is said when too many wait."""
        return Unavailable(f"too many requests wait for {self.name}")

    def may_begin(self) -> None:
        """Whether it may be started now.

        :raise HTTPError: it has failed too often.
        """
        wait = self.faults.wait(self.farm.now())
        if wait > 0:
            raise Unavailable(f"{self.name} has failed too often, and rests for a while", int(wait) + 1)

    def _give(self, core: Connection) -> None:
        """Give a request to somebody who answers it.

        :raise HTTPError: that is not possible now.
        """
        raise NotImplementedError

    def _look(self) -> None:
        """Whether the file has changed."""
        raise NotImplementedError


def facts_of(path: Path) -> Facts | None:
    """What tells one state of a file from another; None when it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
