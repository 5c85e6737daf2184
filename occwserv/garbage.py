"""Adapter. When the collector of rings looks, and at what.

Nearly all that is made here is freed by its count of references, at once. What is left for the collector are things
that refer to each other in a ring, of which there are few; and while it looks everybody waits, up to a microsecond for
each thing that it looks at: a tenth of a second and more for all there is.

So it looks often, at little: at what was made since its last look. What is still needed then is most often needed for
long, such as a page in memory or a player; it is put aside (frozen), and not looked at again. What takes the place of
things that are freed meanwhile, as the state of a player does who goes on, makes nothing grow, and so leads to no look;
it is put aside some times a second, else the next look would be long.

A ring that comes apart later, or is put aside without a look, would stay for ever. So when the process has twice the
memory that it had, all there is is looked at.

With the collector's own pace, or with rare looks at much, a busy server stood still for 30 ms and more.
"""

import gc
from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

YOUNG = 10_000
"""Things that are made, and not freed, from one look to the next. Fewer would be looked at in less time; but when one
speaks to a thousand, some thousands of things are there for a moment, and are not to be looked at."""

PACE = 0.05
"""Seconds after which what is new is put aside. While thousands play, thousands of things take others' places in it."""

FEW = 100
"""As many may be put aside without a look: what hardly grows has hardly any rings."""

GROWTH = 2
"""By what the memory grows from one look at all there is to the next."""

_NEVER = 1 << 30


def most_memory() -> int:
    """The most memory that this process has had, in the system's unit."""
    return getrusage(RUSAGE_SELF).ru_maxrss


class Collector:
    """The interpreter's collector of rings, at our pace from `start` to `stop`.

    :param clock: a reactor. :param memory: as `most_memory`.
    """

    def __init__(self, clock: IReactorTime, memory: Callable[[], int] = most_memory) -> None:
        self._memory = memory
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = clock
        self._enough = 0  # memory at which all there is is looked at
        self._before = gc.get_threshold()

    def start(self) -> None:
        """Look at all there is; what is here now stays."""
        self._before = gc.get_threshold()
        gc.set_threshold(YOUNG, _NEVER, _NEVER)
        gc.callbacks.append(self._looked)
        self._look_at_all()
        self._ticking.start(PACE, now=False)

    def stop(self) -> None:
        """Leave the collector as it was."""
        self._ticking.stop()
        gc.callbacks.remove(self._looked)
        gc.set_threshold(*self._before)
        gc.unfreeze()

    def _tick(self) -> None:
        """Put aside what has taken the place of others, and look at all if it is time."""
        if self._memory() >= self._enough:
            gc.unfreeze()
            self._look_at_all()
        elif gc.get_count()[0] < FEW:
            gc.freeze()
        else:
            gc.collect(0)

    def _look_at_all(self) -> None:
        gc.collect()
        self._enough = GROWTH * self._memory()

    def _looked(self, phase: str, about: dict[str, Any]) -> None:
        """Called by the collector before and behind each look."""
        if phase == "stop":
            gc.freeze()
