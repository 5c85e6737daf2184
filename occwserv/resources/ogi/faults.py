"""Pure. When a module has failed too often, and how an incident is called."""

from collections import deque
from itertools import count

MOST = 300
"""Characters of what is told of one fault."""


class Faults:
    """The faults of one module.

    :param most: so many within `window` seconds, and the module is not started again before one is older than that.
    """

    __slots__ = ("_times", "_window", "last", "total")

    def __init__(self, most: int, window: float) -> None:
        self._times: deque[float] = deque(maxlen=most)
        self._window = window
        self.total = 0
        self.last = ""  # what the last one was

    def happened(self, now: float, what: str) -> None:
        """One more fault. Those that do not count any more are forgotten: there may be room for very many."""
        while self._times and self._times[0] + self._window <= now:
            self._times.popleft()
        self._times.append(now)
        self.total += 1
        self.last = what

    def forgive(self) -> None:
        """The module has changed: its past counts no more."""
        self._times.clear()

    def wait(self, now: float) -> float:
        """Seconds until the module may be started again; 0 when it may now."""
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return max(self._times[0] + self._window - now, 0.0)


def told(error: BaseException) -> str:
    """What an error says, in a line: it may be one of a module, and say very much, or fail to say anything."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = "it can not say what it is"
    return f"{type(error).__name__}: {text}"[:MOST]


class Incidents:
    """Numbers for incidents: the client is told one, and finds the person who finds it in the log.

    :param started: seconds since 1970 at which the server started, so that no number comes twice in a log.
    :param worker: what the worker is called that counts them, empty for the server itself.
    """

    def __init__(self, started: float, worker: str = "") -> None:
        self._prefix = f"{int(started):x}" + (f"-{worker}" if worker else "")
        self._numbers = count(1)

    def next(self) -> str:
        """Another number."""
        return f"{self._prefix}-{next(self._numbers)}"
