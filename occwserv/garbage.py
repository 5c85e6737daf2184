"""Adapter. When the collector of rings looks, and at what.

Nearly all that is made here is freed by its count of references, at once. What is left for the collector are things
that refer to each other in a ring, of which there are few; and while it looks everybody waits, up to a microsecond for
each thing that it looks at: a tenth of a second and more for all there is.

So it looks often, at little: at what was made since its last look. What is still needed then is most often needed for
long, such as a page in memory or a player; it is put aside (frozen), and not looked at again. What takes the place of
things that are freed meanwhile, as the state of a player does who goes on, makes nothing grow, and so leads to no look;
it is put aside some times a second, else the next look would be long.

A ring that comes apart later, or is put aside without a look, would stay for ever. So when there is a quarter more than
there was behind the last look at all, all there is is looked at in the next quiet moment; and when it is three times as
much, at once. It is counted in things, because most rings are of small ones, and in bytes, because one may hold a
large one. Of bytes, what was freed is given back to the system first: it is nothing to look for.

With the collector's own pace, or with rare looks at much, a busy server stood still for 30 ms and more.
"""

import ctypes
import gc
import sys
from collections.abc import Callable
from resource import RUSAGE_SELF, getpagesize, getrusage
from time import process_time
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

QUIET = 0.1
"""A moment is quiet when less than this share of it was worked."""

GROWTH = 1.25, 3
"""How many times as much there is, and all there is is looked at: in a quiet moment, and in any."""

GIVEN = 20
"""Paces from one time that freed memory was given back instead of a look, to the next."""

_NEVER = 1 << 30


def held() -> tuple[int, int]:
    """What there is: small things, and bytes of memory (the most there were, where no more is told)."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:
            size = int(file.read(100).split()[1]) * getpagesize()
    except OSError:
        size = getrusage(RUSAGE_SELF).ru_maxrss
    return sys.getallocatedblocks(), size


def _giving_back() -> Callable[[int], object]:
    """What gives freed memory back to the system. The C library itself gives back only what lies behind all that is in
    use, and one small thing that stays can hold tens of megabytes. Takes some milliseconds for a hundred megabytes."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another library than glibc
        return lambda left: None


give_back = _giving_back()


class Collector:
    """The interpreter's collector of rings, at our pace from `start` to `stop`.

    :param clock: a reactor. :param held: tells what there is. :param worked: the seconds that this process has worked.
    :param give_back: gives freed memory back to the system.
    """

    def __init__(
        self,
        clock: IReactorTime,
        held: Callable[[], tuple[int, int]] = held,
        worked: Callable[[], float] = process_time,
        give_back: Callable[[int], object] = give_back,
    ) -> None:
        self._held, self._worked, self._give_back = held, worked, give_back
        self._pause = 0  # paces until memory may be given back again
        self._before_tick = 0.0
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = clock
        self._left = 1, 1  # what there was behind the last look at all
        self._threshold = gc.get_threshold()

    def start(self) -> None:
        """Look at all there is; what is here now stays."""
        self._threshold = gc.get_threshold()
        gc.set_threshold(YOUNG, _NEVER, _NEVER)
        gc.callbacks.append(self._looked)
        self._look_at_all()
        self._ticking.start(PACE, now=False)

    def stop(self) -> None:
        """Leave the collector as it was."""
        self._ticking.stop()
        gc.callbacks.remove(self._looked)
        gc.set_threshold(*self._threshold)
        gc.unfreeze()

    def _tick(self) -> None:
        """Put aside what has taken the place of others, and look at all if it is time."""
        before, self._before_tick = self._before_tick, self._worked()
        enough = GROWTH[self._before_tick - before >= QUIET * PACE]
        self._pause -= 1
        if self._pause <= 0 and self._has_grown(enough):
            # What is needed again and again, and freed, would else lead to a look each time: it was given back behind
            # the last one.
            self._give_back(0)
            if self._has_grown(enough):
                gc.unfreeze()
                self._look_at_all()
            else:
                self._pause = GIVEN
        elif gc.get_count()[0] < FEW:
            gc.freeze()
        else:
            gc.collect(0)

    def _has_grown(self, enough: float) -> bool:
        return any(now >= enough * left for now, left in zip(self._held(), self._left, strict=True))

    def _look_at_all(self) -> None:
        gc.collect()
        self._give_back(0)
        self._left = self._held()

    def _looked(self, phase: str, about: dict[str, Any]) -> None:
        """Called by the collector before and behind each look."""
        if phase == "stop":
            gc.freeze()
