"""Adapter. When the collector of rings looks, and at what.

Nearly all that is made here is freed by its count of references, at once. What is left for the collector are things
that refer to each other in a ring, of which there are few; and while it looks, everybody waits, some tenths of a
microsecond to one for each thing that it looks at.

So it looks often, at little: at what was made since its last look. What is still needed then is most often needed for
long, such as a page in memory or a player; that is put aside (frozen) and not looked at again. A ring that comes apart
later would be put aside for ever: so when very many have been put aside, it looks at all there is, once.

With the collector's own pace, or with rounds as rare as they could be, a busy server stood still for 30 ms and more,
again and again.
"""

import gc
from typing import Any

YOUNG = 1000
"""Things that are made, and not freed, from one look to the next: what it looks at. It takes some tenths of a
millisecond."""

ALL = 1_000_000
"""Things that may be put aside from one look at all there is to the next."""

_NEVER = 1 << 30


class Collector:
    """The interpreter's collector of rings, at our pace from `start` to `stop`.

    :param enough: as `ALL`.
    """

    def __init__(self, enough: int = ALL) -> None:
        self._enough = enough
        self._aside = 0  # things put aside since it has looked at all
        self._before: tuple[int, int, int] = gc.get_threshold()

    def start(self) -> None:
        """What is here now stays."""
        self._look_at_all()
        self._before = gc.get_threshold()
        gc.set_threshold(YOUNG, _NEVER, _NEVER)
        gc.callbacks.append(self._looked)

    def stop(self) -> None:
        """Leave the collector as it was."""
        gc.callbacks.remove(self._looked)
        gc.set_threshold(*self._before)
        gc.unfreeze()

    def tick(self) -> None:
        """Once in a while: look at all there is, if it is time."""
        if self._aside >= self._enough:
            gc.unfreeze()
            self._look_at_all()

    def _look_at_all(self) -> None:
        gc.collect()
        gc.freeze()
        self._aside = 0

    def _looked(self, phase: str, about: dict[str, Any]) -> None:
        """Called by the collector before and behind each look."""
        if phase == "stop" and about["generation"] == 0:
            gc.freeze()
            self._aside += YOUNG
