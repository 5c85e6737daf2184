"""Other cache policies, to compare the page cache with: short, by their published descriptions, and aware of sizes.

Each has `request(key, size)`, which says whether the page was there and counts it, and gives it a place otherwise.
They keep no contents.
"""

from collections import Counter, OrderedDict
from heapq import heappop, heappush
from itertools import count


class LRU:
    """What was used longest ago goes first."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._pages: OrderedDict[int, int] = OrderedDict()

    def request(self, key: int, size: int) -> bool:
        """Whether the page was there."""
        if key in self._pages:
            self._pages.move_to_end(key)
            return True
        self._pages[key] = size
        self._room -= size
        while self._room < 0:
            self._room += self._pages.popitem(last=False)[1]
        return False


class GDSF:
    """Greedy-dual-size-frequency (Cherkasova 1998): the lowest of `age + uses / size` goes first, and is the new age.

    Pages of one size make it LFU with dynamic ageing (Arlitt and others 2000).
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._age = 0.0
        self._uses: dict[int, int] = {}
        self._values: dict[int, float] = {}
        self._heap: list[tuple[float, int, int, int]] = []  # value when it was put here, then a number; size, key
        self._puts = count()

    def request(self, key: int, size: int) -> bool:
        """Whether the page was there."""
        if key in self._uses:
            self._uses[key] += 1
            self._values[key] = self.value(self._uses[key], size)
            return True
        self._room -= size
        while self._room < 0:
            self._evict()
        self._uses[key] = 1
        self._values[key] = self.value(1, size)
        self._put(size, key)
        return False

    def value(self, uses: int, size: int) -> float:
        """What a page is worth that is used now."""
        return self._age + uses / size

    def _put(self, size: int, key: int) -> None:
        heappush(self._heap, (self._values[key], next(self._puts), size, key))

    def _evict(self) -> None:
        then, _, size, key = heappop(self._heap)
        while self._values[key] != then:  # values have only risen since: those at the top are the ones to look at
            self._put(size, key)
            then, _, size, key = heappop(self._heap)
        self._age = then
        self._room += size
        del self._uses[key], self._values[key]


class LFU(GDSF):
    """What was used least often since it came goes first."""

    def value(self, uses: int, size: int) -> float:
        """What a page is worth that is used now."""
        return uses


class S3FIFO:
    """Three queues (Yang and others 2023): a small one for newcomers, a main one, and one of names that were here."""

    def __init__(self, room: int) -> None:
        self._small_room, self._main_room = room // 10, room - room // 10
        self._small: OrderedDict[int, int] = OrderedDict()
        self._main: OrderedDict[int, int] = OrderedDict()
        self._ghosts: OrderedDict[int, int] = OrderedDict()
        self._ghost_room = self._main_room
        self._uses: dict[int, int] = {}  # 0 to 3, of what is in the small and the main queue

    def request(self, key: int, size: int) -> bool:
        """Whether the page was there."""
        uses = self._uses.get(key)
        if uses is not None:
            if uses < 3:
                self._uses[key] = uses + 1
            return True
        while self._small_room + self._main_room < size:
            if self._small_room < 0 or not self._main:
                self._evict_from_small()
            else:
                self._evict_from_main()
        self._uses[key] = 0
        if key in self._ghosts:
            self._ghost_room += self._ghosts.pop(key)
            self._main[key] = size
            self._main_room -= size
        else:
            self._small[key] = size
            self._small_room -= size
        return False

    def _evict_from_small(self) -> None:
        while self._small:
            key, size = self._small.popitem(last=False)
            self._small_room += size
            if self._uses[key] <= 1:
                del self._uses[key]
                self._ghosts[key] = size
                self._ghost_room -= size
                while self._ghost_room < 0:
                    self._ghost_room += self._ghosts.popitem(last=False)[1]
                return
            self._uses[key] = 0
            self._main[key] = size
            self._main_room -= size
            if self._main_room < 0:
                self._evict_from_main()

    def _evict_from_main(self) -> None:
        while self._main:
            key, size = self._main.popitem(last=False)
            if not self._uses[key]:
                del self._uses[key]
                self._main_room += size
                return
            self._uses[key] -= 1
            self._main[key] = size


class WTinyLFU:
    """A window of 1 %, then a contest by frequency for the main part (Einziger, Friedman, Manes 2017).

    Sizes as in the same authors' work of 2022 ("aggregated victims"): a candidate must have been asked for more often
    than all it would push out, together. Frequencies are exact here, which the sketch is not: up to 15, and halved
    after ten requests for each page cached. The main part is LRU in two segments, 20 % on probation, 80 % protected.
    """

    def __init__(self, room: int) -> None:
        self._window_room = room // 100
        self._main_room = room - self._window_room
        self._protected_room = self._main_room * 8 // 10
        self._window: OrderedDict[int, int] = OrderedDict()
        self._probation: OrderedDict[int, int] = OrderedDict()
        self._protected: OrderedDict[int, int] = OrderedDict()
        self._often: Counter[int] = Counter()
        self._sample = 0

    def request(self, key: int, size: int) -> bool:
        """Whether the page was there."""
        self._count(key)
        for segment in (self._protected, self._window):
            if key in segment:
                segment.move_to_end(key)
                return True
        if key in self._probation:
            self._protect(key)
            return True
        self._window[key] = size
        self._window_room -= size
        while self._window_room < 0:
            candidate, size = self._window.popitem(last=False)
            self._window_room += size
            self._contest(candidate, size)
        return False

    def _count(self, key: int) -> None:
        if self._often[key] < 15:
            self._often[key] += 1
        self._sample += 1
        if self._sample >= 10 * max(len(self._window) + len(self._probation) + len(self._protected), 100):
            self._sample //= 2
            self._often = Counter({key: often // 2 for key, often in self._often.items() if often > 1})

    def _protect(self, key: int) -> None:
        size = self._protected[key] = self._probation.pop(key)
        self._protected_room -= size
        while self._protected_room < 0:
            key, size = self._protected.popitem(last=False)
            self._protected_room += size
            self._probation[key] = size

    def _contest(self, candidate: int, size: int) -> None:
        victims: list[tuple[OrderedDict[int, int], int]] = []
        room, rest = self._main_room, self._often[candidate]
        for segment in (self._probation, self._protected):
            for key, other in segment.items():
                if room >= size:
                    break
                victims.append((segment, key))
                room += other
                rest -= self._often[key]
                if rest <= 0:
                    for segment, key in victims:
                        segment.move_to_end(key)
                    return
        if room < size:
            return
        for segment, key in victims:
            other = segment.pop(key)
            self._main_room += other
            if segment is self._protected:
                self._protected_room += other
        self._probation[candidate] = size
        self._main_room -= size
