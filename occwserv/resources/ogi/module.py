"""Adapter. One module: a file of the folder of modules, what is known of it, and who answers for it.

Its code is loaded anew when the file has changed: a new instance then takes the place of the one that accepts, which
finishes what it holds. A file that does not compile, or fails while it is loaded, leaves the old instance serving.
"""

import sys
from collections import deque
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from pathlib import Path
from types import ModuleType

from twisted.logger import Logger

from ...connection import Connection
from ...csp import Cancelled
from ...csp.errors import Ending
from ...http.errors import HTTPError
from .entrance import Entrance, Facts, facts_of
from .faults import told
from .handler import Handler, NotLoaded, State
from .roles import Farm
from .state import Remembered


class Module(Entrance):
    """A module whose instances are processes of the server."""

    log = Logger("occwserv.ogi")

    def __init__(self, farm: Farm, name: str, path: Path, place: str, state: Remembered) -> None:
        super().__init__(farm, name, path, place)
        self.state = state
        self.accepting: Handler | None = None
        self._coming: Handler | None = None  # an instance that has not said yet what it will be
        self._waiting: deque[Connection] = deque()  # for that word
        self._missing = False  # the file was not there at the last look
        self._code: ModuleType | None = None
        self._stale = False  # the code is to be loaded anew
        self._facts: Facts | None = None  # of the file when it was loaded

    def _give(self, core: Connection) -> None:
        """Give a request to an instance."""
        if self.accepting is not None:
            try:
                self.accepting.requests.hand(core)
            except Ending:
                raise self.full() from None
        elif self._coming is not None:
            if len(self._waiting) + len(self._coming.requests.held) >= self.farm.settings.queue:
                raise self.full()
            self._waiting.append(core)
        else:
            # At once: most answer at once, and have made room for the client's next request when that is looked at.
            self.farm.scheduler.work(self._begin_for, core)

    def _begin_for(self, core: Connection) -> None:
        self._begin(None).requests.send_now(core)

    def rest_of(self, path: bytes) -> bytes:
        """What of a path stands behind the module's name."""
        return path[len(self.place) :]

    def load(self, replacing: bool) -> Callable[..., Coroutine]:
        """Its `ogimain`. Run inside an instance's process, so that a file which loops while it is loaded is caught.

        :param replacing: an instance is at work, and is to be left there if this does not succeed.
        """
        if self._code is None or self._stale:
            try:
                self._code = self._execute()
            except Cancelled:
                raise
            except BaseException as error:
                self.broken = told(error)
                if self._code is None:
                    raise
                self.log.error("{path} can not be used, the old one stays: {error}", path=self.path, error=self.broken)
                if replacing:
                    raise NotLoaded from None
            else:
                self.broken = ""
                self.loads += 1
            self._stale = False
        return self._code.ogimain

    def _execute(self) -> ModuleType:
        source = self.path.read_bytes()
        name = f"ogi_{self.name}"
        code = ModuleType(name)
        code.__file__ = str(self.path)
        before = sys.modules.get(name)
        sys.modules[name] = code  # where dataclasses look for it, also while it is loaded
        try:
            exec(compile(source, str(self.path), "exec"), code.__dict__)
            if not iscoroutinefunction(getattr(code, "ogimain", None)):
                raise ImportError(f"{self.path} has no `async def ogimain(ogi)`")
        except BaseException:
            if before is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before
            raise
        return code

    def loaded(self, handler: Handler) -> None:
        """An instance has loaded the code. If it replaces another one, that one gets nothing more."""
        if self.accepting is not None and self.accepting is not handler:
            self.accepting.retire()
            self.accepting = None

    def decided(self, handler: Handler) -> None:
        """An instance has said whether it is for all requests."""
        if self._coming is handler:
            self._coming = None
        if handler.state is State.ACCEPTING:
            self.accepting = handler
        waiting, self._waiting = self._waiting, deque()
        for core in waiting:
            self.farm.again(self, core)

    def left_by(self, handler: Handler, waiting: list[Connection], excuse: HTTPError | None) -> None:
        """An instance has ended, with these requests not received.

        :param excuse: it failed before it received any: trying again with each would only make it fail again.
        """
        if self.accepting is handler:
            self.accepting = None
            self.restarts += 1
        if self._coming is handler:
            self._coming = None
            waiting, self._waiting = [*waiting, *self._waiting], deque()
        for core in waiting:
            if excuse is None:
                self.farm.again(self, core)
            else:
                core.fail(excuse)
                self.left(core)

    def failed(self, what: str) -> None:
        """It has failed: what comes next is loaded anew."""
        super().failed(what)
        self._stale = True

    def _look(self) -> None:
        """Whether the file has changed."""
        facts = facts_of(self.path)
        missing, self._missing = self._missing, facts is None
        if missing and self._missing:  # twice: an editor may remove a file to replace it
            self.farm.forget(self)
        if facts is None or facts == self._facts or self._coming is not None:
            return
        before, self._facts = self._facts, facts
        if before is None:
            return
        self._stale = True
        self.faults.forgive()
        if self.accepting is not None:
            try:
                self._begin(self.accepting)
            except HTTPError:
                self._facts = before  # no handler is free: the one that accepts serves on, and it is tried again

    def _begin(self, before: Handler | None) -> Handler:
        self.may_begin()
        handler = self.farm.handler(self)
        self._coming = handler
        handler.start(before)
        return handler
