"""Adapter. Interrupts a process that does not yield: an endless loop, a sleep, a regular expression without end.

A timer of the system sends SIGALRM ten times a second or so while there are modules. If the same process has been
running in the same turn for as long as `ogi.watchdog` says, `Spinning` is raised in it, where it is; if it goes on
regardless, again and again.

Not while the interrupted code is the server's own, or called by it on behalf of the process: what that was doing might
be left half done. The next tick finds the process elsewhere.
"""

import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from ...csp import Process
from ...csp.process import Running

TICKS = 5
"""Ticks in the time that a process may run."""

IMPORTS = 20
"""So many times as long may the import of a library take: a large one takes a second, and more from a slow disk, and
what was interrupted half way can often not be imported again."""

_OWN = str(Path(__file__).parents[2]) + "/"  # the package `occwserv`

_CALLERS = ("Scheduler._step", "Handler._run", "Module._execute")
"""Functions of the server that call a module's code: what that calls in turn is the module's."""


class Spinning(BaseException):
    """The process did not yield for too long. Not an `Exception`, so that no handler for those swallows it."""


class Watchdog:
    """The timer, and who is looked at.

    :param seconds: how long a process may run without yielding.
    :param running: tells the process that runs in the main thread.
    :param watched: whether a process is one that may be interrupted.
    """

    def __init__(self, seconds: float, running: Running, watched: Callable[[Process], bool]) -> None:
        self._seconds = seconds
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
        signal.setitimer(signal.ITIMER_REAL, self._seconds / TICKS, self._seconds / TICKS)

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
        if self._ticks < TICKS or (self._ticks < TICKS * IMPORTS and _imports(frame)):
            return
        if _is_modules(frame) and self._watched(process):
            self.bites += 1
            raise Spinning(f"{process.path} did not yield for {self._seconds} s")


def _imports(frame: FrameType | None) -> bool:
    """Whether a library is being imported."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _is_modules(frame: FrameType | None) -> bool:
    """Whether an interrupted frame is a module's, or of a library that the module called."""
    first = frame
    while frame is not None:
        if frame.f_code.co_filename.startswith(_OWN):
            return frame is not first and frame.f_code.co_qualname in _CALLERS
        frame = frame.f_back
    return False
