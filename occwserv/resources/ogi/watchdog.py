"""Adapter. Interrupts a process that does not yield: an endless loop, a sleep, a regular expression without end.

A timer of the system sends SIGALRM ten times a second or so while there are modules. If the same process has been
running in the same turn for as long as `ogi.watchdog` says, or `ogi.imports` while it imports something, `Spinning` is
raised in it, where it is; if it goes on regardless, again and again.

Not while the interrupted code is the server's own, or called by it on behalf of the process: what that was doing might
be left half done. The next tick finds the process elsewhere.
"""

import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from ...csp import Process
from ...csp.current import Running

TICKS = 5
"""Ticks in the time that a process may run."""

_OWN = str(Path(__file__).parents[2]) + "/"  # the package `occwserv`

_CALLERS = ("Scheduler._step", "Handler._run", "Module._execute")
"""Functions of the server that call a module's code: what that calls in turn is the module's."""

_LOGS = "Worker.log"
"""What writes down whatever is logged: what it calls for that belongs to whoever logs."""


class Spinning(BaseException):
    """The process did not yield for too long. Not an `Exception`, so that no handler for those swallows it."""


class Watchdog:
    """The timer, and who is looked at.

    :param seconds: how long a process may run without yielding.
    :param imports: how long while it imports a library: a large one takes a second, and more on a slow disk, and what
        was interrupted can often not be imported again.
    :param running: tells the process that runs in the main thread.
    :param watched: whether a process is one that may be interrupted.
    """

    def __init__(self, seconds: float, imports: float, running: Running, watched: Callable[[Process], bool]) -> None:
        self._every = seconds / TICKS
        self._patience = seconds, imports
        self._running = running
        self._watched = watched
        self._before = None
        self._last: tuple[Process, int] | None = None
        self._ticks = 0
        self.bites = 0

    def start(self) -> None:
        """Begin to look. Only in the main thread; a handler of somebody else for the signal is put back by `stop`."""
        self._before = signal.signal(signal.SIGALRM, self._tick)
        signal.siginterrupt(signal.SIGALRM, False)
        signal.setitimer(signal.ITIMER_REAL, self._every, self._every)

    def stop(self) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before or signal.SIG_DFL)

    def _tick(self, number: int, frame: FrameType | None) -> None:
        process = self._running.process
        if process is None:
            self._last = None
            return
        now = process, process.turns
        if now != self._last:
            self._last = now
            self._ticks = 0
            return
        self._ticks += 1
        if self._ticks < TICKS:
            return
        modules, imports = _look_at(frame)
        patience = self._patience[imports]
        if modules and self._ticks >= round(patience / self._every) and self._watched(process):
            self.bites += 1
            raise Spinning(f"{process.path} did not yield for {patience:g} s")


def _look_at(frame: FrameType | None) -> tuple[bool, bool]:
    """Whether an interrupted frame is a module's, or of a library that the module called; whether it imports one."""
    first, imports = frame, False
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_OWN) and frame.f_code.co_qualname != _LOGS:
            return frame is not first and frame.f_code.co_qualname in _CALLERS, imports
        imports = imports or file.startswith("<frozen importlib")
        frame = frame.f_back
    return False, False
