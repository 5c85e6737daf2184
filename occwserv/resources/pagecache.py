"""Pure. Which pages are kept in memory: pages compete for it (the paper, 2.2).

A table knows twice as many pages as may be cached. Each has a count, raised by a hit, reduced as time goes by, always
between 1 and the number of pages that may be cached: so age alone evicts nobody. The upper half of the table is
cached. The lower half competes: a page there takes the place of a cached one as soon as its count is the higher.

Pages have sizes, which the paper leaves out. A page that needs room wins it only from pages whose counts *together*
are less than its own, so that one big page can not push out many small ones; and none is larger than `largest`.

Each step costs the same however many pages there are. A half is a `Ladder`, on which the lowest page is at hand.
Ageing adds one to `_age`, which is taken from every rung when it is looked at; only pages that thereby come down to 1
are touched. Hits of cached pages are noted on the page, and counted when somebody decides something.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any


@dataclass(slots=True, eq=False)
class Entry:
    """A page of the table.

    `size` is in bytes; `content` is what the owner keeps of a cached page. `noted` hits are not in the count yet;
    `rung` is the count plus what the age of the table was when it was reached.
    """

    key: Hashable
    size: int
    content: Any = None
    cached: bool = False
    noted: int = 0
    rung: int = 0


class Ladder:
    """Pages by their count, and among those of one count by when they came to it: the lowest one first.

    The rungs are ordered dictionaries: a plain one keeps gaps at its front where others left, and to find its first
    member means to walk over them.
    """

    def __init__(self) -> None:
        self._floor = 1
        self._bottom: OrderedDict[Hashable, Entry] = OrderedDict()
        self._rungs: dict[int, OrderedDict[Hashable, Entry]] = {}
        self._heights: list[int] = []  # a heap; rungs that have emptied are dropped when they come to the top
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, entry: Entry) -> None:
        """Take a page in."""
        self._count += 1
        if entry.rung <= self._floor:
            self._bottom[entry.key] = entry
            return
        if entry.rung not in self._rungs:
            self._rungs[entry.rung] = OrderedDict()
            heappush(self._heights, entry.rung)
        self._rungs[entry.rung][entry.key] = entry

    def remove(self, entry: Entry) -> None:
        """Let a page go."""
        self._count -= 1
        if entry.rung <= self._floor:
            del self._bottom[entry.key]
            return
        rung = self._rungs[entry.rung]
        del rung[entry.key]
        if not rung:
            del self._rungs[entry.rung]

    def raise_floor(self, floor: int) -> None:
        """From now on nobody stands lower than `floor`."""
        self._floor = floor
        while self._heights and self._heights[0] <= floor:
            # Those who come down stand behind those who were down already.
            self._bottom.update(self._rungs.pop(heappop(self._heights), {}))

    def lowest(self) -> Entry:
        """The page with the lowest count, and of these the one that has had it longest."""
        if self._bottom:
            return next(iter(self._bottom.values()))
        while self._heights[0] not in self._rungs:
            heappop(self._heights)
        return next(iter(self._rungs[self._heights[0]].values()))

    def upwards(self) -> Iterator[Entry]:
        """All pages, the lowest first."""
        yield from self._bottom.values()
        for height in sorted(self._rungs):
            yield from self._rungs[height].values()


class PageCache:
    """The table.

    :param pages: how many pages are cached at most; as many again compete.
    :param bytes: how many bytes the cached ones have at most, together.
    :param largest: how many bytes a cached page has at most.
    :param evicted: called with the content of a page that lost its place.
    """

    def __init__(
        self, pages: int, bytes: int, largest: int, evicted: Callable[[Any], object] = lambda content: None
    ) -> None:
        self._evicted = evicted
        self._pages = pages
        self._bytes = bytes
        self._largest = min(largest, bytes)
        self._age = 0
        self._used = 0
        self._entries: dict[Hashable, Entry] = {}
        self._cached = Ladder()
        self._competing = Ladder()
        self._touched: list[Entry] = []

    def get(self, key: Hashable) -> Entry | None:
        """What the table knows of a page."""
        return self._entries.get(key)

    def hit(self, entry: Entry) -> None:
        """A cached page was sent."""
        if not entry.noted:
            self._touched.append(entry)
        entry.noted += 1

    def missed(self, key: Hashable, size: int) -> Entry | None:
        """A page that is not cached was sent.

        :return: its entry if it has won a place by that; the owner then puts the content there.
        """
        if size > self._largest or not self._pages:
            return None
        entry = self._entries.get(key)
        if entry is None:
            entry = self._enter(key, size)
        else:
            self._competing.remove(entry)
            entry.size = size
            entry.rung = self._raised(entry, 1)
        return entry if self._win(entry) else self._compete(entry)

    def count(self, entry: Entry) -> int:
        """The count of a page, from 1 to the number of pages that may be cached."""
        return max(entry.rung - self._age, 1)

    def resize(self, entry: Entry, size: int) -> bool:
        """A cached page has changed.

        :return: whether it is still cached.
        """
        self.settle()
        if size > self._largest or self._used - entry.size + size > self._bytes:
            self.drop(entry)
            return False
        self._used += size - entry.size
        entry.size = size
        return True

    def drop(self, entry: Entry) -> None:
        """Forget a page: it is gone, or can not be cached any more."""
        self.settle()
        if self._entries.pop(entry.key, None) is not None:
            self._leave(entry)

    def age(self) -> None:
        """Time goes by: every count above 1 is reduced by 1."""
        self.settle()
        self._age += 1
        self._cached.raise_floor(self._age + 1)
        self._competing.raise_floor(self._age + 1)

    def settle(self) -> None:
        """Count the hits that were noted."""
        touched, self._touched = self._touched, []
        for entry in touched:
            noted, entry.noted = entry.noted, 0
            if entry.cached:
                self._cached.remove(entry)
                entry.rung = self._raised(entry, noted)
                self._cached.add(entry)

    def rows(self) -> list[tuple[Hashable, int, int, bool]]:
        """Key, count, bytes and whether it is cached, of every page, the highest count first; cached ones first."""
        self.settle()
        return [
            (entry.key, self.count(entry), entry.size, entry.cached)
            for ladder in (self._cached, self._competing)
            for entry in reversed(list(ladder.upwards()))
        ]

    def figures(self) -> dict[str, int]:
        """How full the table is."""
        return {"cached": len(self._cached), "competing": len(self._competing), "bytes": self._used}

    def _raised(self, entry: Entry, by: int) -> int:
        return self._age + min(self.count(entry) + by, self._pages)

    def _enter(self, key: Hashable, size: int) -> Entry:
        if len(self._competing) >= self._pages:
            last = self._competing.lowest()
            self._competing.remove(last)
            del self._entries[last.key]
        entry = self._entries[key] = Entry(key, size, rung=self._age + 1)
        return entry

    def _win(self, entry: Entry) -> bool:
        """Give a page a place among the cached ones, if there is room or its count earns it."""
        self.settle()
        losers, freed, bar = [], 0, 0
        for other in self._cached.upwards():
            full = len(self._cached) - len(losers) >= self._pages
            if not full and self._used - freed + entry.size <= self._bytes:
                break
            losers.append(other)
            freed += other.size
            bar += self.count(other)
            if bar >= self.count(entry):
                return False
        for other in losers:
            self._leave(other)
            self._compete(other)
        entry.cached = True
        self._used += entry.size
        self._cached.add(entry)
        return True

    def _compete(self, entry: Entry) -> None:
        self._competing.add(entry)

    def _leave(self, entry: Entry) -> None:
        """Take a page out of its half."""
        if entry.cached:
            self._cached.remove(entry)
            self._used -= entry.size
            entry.cached = False
            content, entry.content = entry.content, None
            if content is not None:
                self._evicted(content)
        else:
            self._competing.remove(entry)
