"""Adapter. When the collector of rings looks, and at what.

Nearly all that is made here is freed by its count of references, at once. What is left for the collector are things
that refer to each other in a ring, of which there are few; and while it looks everybody waits, up to a microsecond for
each thing that it looks at: a tenth of a second and more for all there is.

So it looks often, at little: at what was made since its last look. What is still needed then is most often needed for
long, such as a page in memory or a player; it is put aside (frozen), and not looked at again. What takes the place of
things that are freed meanwhile, as the state of a player does who goes on, makes nothing grow, and so leads to no look;
it is put aside some times a second, else the next look would be long.

A ring that comes apart later, or is put aside without a look, would stay for ever. So when there is twice as much as
there was behind the last look at all, all there is is looked at: in things, because most rings are of small ones, or in
bytes, because one may hold a large one.

With the collector's own pace, or with rare looks at much, a busy server stood still for 30 ms and more.
"""

import gc
import sys
from collections.abc import Callable
from resource import RUSAGE_SELF, getpagesize, getrusage
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
"""By what there is more from one look at all there is to the next."""

_NEVER = 1 << 30


def held() -> tuple[int, int]:
    """What there is: small things, and bytes of memory (the most there were, where no more is told)."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:
            size = int(file.read(100).split()[1]) * getpagesize()
    except OSError:
        size = getrusage(RUSAGE_SELF).ru_maxrss
    return sys.getallocatedblocks(), size


class Collector:
    """The interpreter's collector of rings, at our pace from `start` to `stop`.

    :param clock: a reactor. :param held: tells what there is.
    """

    def __init__(self, clock: IReactorTime, held: Callable[[], tuple[int, int]] = held) -> None:
        self._held = held
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = clock
        self._enough = 0, 0  # of either, and all there is is looked at
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
        if any(now >= enough for now, enough in zip(self._held(), self._enough, strict=True)):
            gc.unfreeze()
            self._look_at_all()
        elif gc.get_count()[0] < FEW:
            gc.freeze()
        else:
            gc.collect(0)

    def _look_at_all(self) -> None:
        gc.collect()
        things, size = self._held()
        self._enough = GROWTH * things, GROWTH * size

    def _looked(self, phase: str, about: dict[str, Any]) -> None:
        """Called by the collector before and behind each look."""
        if phase == "stop":
            gc.freeze()
