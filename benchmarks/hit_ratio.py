"""`python -m benchmarks.hit_ratio`: the page cache's hit ratio beside that of other policies. It takes some minutes.

All have the same bytes to keep pages in. Of each trace the first fifth fills the caches; the rest is counted. A
cell has two figures, in percent: of the requests, and of their bytes, what was sent from the cache. The last row has
how many pages were put into the cache, for a hundred requests.

The traces are made, not recorded; each is the same in every run. `bursts` is the kind on which counting is a bad
idea: a tenth of the time there comes a new page, which is asked for a few more times soon, and never again.
"""

import argparse
import heapq
import itertools
import json
import os
import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, lru_cache, partial
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple, Protocol

from occwserv.resources.pagecache import PageCache

from .policies import GDSF, LFU, LRU, S3FIFO, WTinyLFU

PAGES = 100_000
"""Pages of a trace, besides those that come up once or for a short time."""


class Policy(Protocol):
    """What is compared."""

    def request(self, key: int, size: int) -> bool:
        """Whether the page was there."""


class Ours:
    """The page cache, on a server with room for pages enough that it is bytes that are scarce.

    :param clock: requests in a tick of the clock, for each page that would fit if all had the mean size.
    """

    def __init__(self, room: int, rule: str, clock: float) -> None:
        pages = max(room // mean_size(), 1)
        self._cache = PageCache(4 * pages, room, room, rule=rule)
        self._tick = max(round(pages * clock), 1)
        self._requests = 0
        self.loaded = 0

    def request(self, key: int, size: int) -> bool:
        """Whether the page was there."""
        self._requests += 1
        if not self._requests % self._tick:
            self._cache.age()
        entry = self._cache.get(key)
        if entry is not None and entry.cached:
            self._cache.hit(entry)
            return True
        self.loaded += self._cache.missed(key, size) is not None
        return False


def policies(clock: float) -> dict[str, Callable[[int], Policy]]:
    """All of them, by name."""
    return {
        "demand": partial(Ours, rule="demand", clock=clock),
        "paper": partial(Ours, rule="paper", clock=clock),
        "LRU": LRU,
        "LFU": LFU,
        "GDSF": GDSF,
        "S3-FIFO": S3FIFO,
        "W-TinyLFU": WTinyLFU,
    }


class Zipf:
    """Draws pages, the first one most often.

    The n-th is drawn in proportion to n to the power of minus `slope`.
    """

    def __init__(self, slope: float, seed: int = 1) -> None:
        self._weights = list(itertools.accumulate((n + 1) ** -slope for n in range(PAGES)))
        self.random = random.Random(seed)
        self.ranking = list(range(PAGES))

    def draw(self, count: int) -> list[int]:
        """So many requests."""
        return self.random.choices(self.ranking, cum_weights=self._weights, k=count)


def plain(slope: float, requests: int) -> list[int]:
    """The same pages are popular all the time."""
    return Zipf(slope).draw(requests)


def scan(slope: float, requests: int) -> list[int]:
    """Among the requests is somebody who fetches page after page, each once: a tenth of all."""
    zipf, fresh = Zipf(slope), itertools.count(PAGES)
    return [next(fresh) if zipf.random.random() < 0.1 else key for key in zipf.draw(requests)]


def shift(slope: float, requests: int) -> list[int]:
    """After every 50,000 requests a tenth of the pages change places in the ranking."""
    zipf = Zipf(slope)
    keys: list[int] = []
    while len(keys) < requests:
        keys += zipf.draw(min(50_000, requests - len(keys)))
        places = zipf.random.sample(range(PAGES), PAGES // 10)
        moved = [zipf.ranking[place] for place in places]
        zipf.random.shuffle(moved)
        for place, key in zip(places, moved, strict=True):
            zipf.ranking[place] = key
    return keys


def bursts(slope: float, requests: int) -> list[int]:
    """New pages come up and are asked for some times (4 in the mean, 300 requests apart), then never again."""
    zipf, fresh = Zipf(slope), itertools.count(PAGES)
    usual = iter(zipf.draw(requests))
    keys: list[int] = []
    due: list[tuple[float, int]] = []
    while len(keys) < requests:
        if due and due[0][0] <= len(keys):
            keys.append(heapq.heappop(due)[1])
        elif zipf.random.random() >= 0.1:
            keys.append(next(usual))
        else:
            key, when = next(fresh), float(len(keys))
            keys.append(key)
            for _ in range(int(zipf.random.expovariate(1 / 4))):
                when += zipf.random.expovariate(1 / 300)
                heapq.heappush(due, (when, key))
    return keys


TRACES: dict[str, Callable[[int], list[int]]] = {
    "zipf 0.7": partial(plain, 0.7),
    "zipf 0.9": partial(plain, 0.9),
    "zipf 1.1": partial(plain, 1.1),
    "scan": partial(scan, 0.9),
    "shift": partial(shift, 0.9),
    "bursts": partial(bursts, 0.8),
}


def mixed(count: int) -> list[int]:
    """Sizes as web pages have them: lognormal, from 300 to 200,000 bytes, half of them below 5,000."""
    lognormal = random.Random(2).lognormvariate
    return [min(max(int(lognormal(8.5, 1.2)), 300), 200_000) for _ in range(count)]


@cache
def mean_size() -> int:
    """Bytes of a page, in the mean of the mixed sizes; pages of one size have these."""
    return round(mean(mixed(PAGES)))


class Case(NamedTuple):
    """One cell."""

    trace: str
    sizes: str
    share: float
    policy: str
    requests: int
    clock: float


@lru_cache(maxsize=1)
def requests_of(trace: str, count: int) -> list[int]:
    """The trace; kept for the next case."""
    return TRACES[trace](count)


@cache
def sizes_of(kind: str, count: int) -> list[int]:
    """The sizes of so many pages."""
    return mixed(count) if kind == "mixed" else [mean_size()] * count


def measure(case: Case) -> dict[str, Any]:
    """Run a case."""
    keys = requests_of(case.trace, case.requests)
    sizes = sizes_of(case.sizes, max(keys) + 1)
    policy = policies(case.clock)[case.policy](int(sum(sizes[:PAGES]) * case.share))
    request = policy.request
    warm = len(keys) // 5
    for key in itertools.islice(keys, warm):
        request(key, sizes[key])
    loaded = getattr(policy, "loaded", None)
    hits = hit_bytes = all_bytes = 0
    for key in itertools.islice(keys, warm, None):
        size = sizes[key]
        all_bytes += size
        if request(key, size):
            hits += 1
            hit_bytes += size
    counted = len(keys) - warm
    loads = counted - hits if loaded is None else policy.loaded - loaded  # type: ignore[attr-defined]
    ratios = {"objects": hits / counted, "bytes": hit_bytes / all_bytes, "loads": loads / counted}
    return {**case._asdict(), **ratios}


def line(title: str, cells: Iterable[Sequence[float]]) -> str:
    """A row: two figures or one for each policy, in percent."""
    texts = ("".join(f"{100 * figure:6.1f}" for figure in cell) for cell in cells)
    return f"{title:20}" + "".join(f"{text:14}" for text in texts).rstrip()


def show(results: Iterable[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """Print rows of traces, sizes and caches, columns of policies, as they come; then the means."""
    shown: list[dict[str, Any]] = []
    print("trace    sizes cache" + "".join(f"{name:>12}  " for name in names).rstrip())
    for result in results:
        shown.append(result)
        row = shown[-len(names) :]
        if len(shown) % len(names) == 0:
            title = f"{result['trace']:8} {result['sizes']:5} {result['share']:4.0%}"
            print(line(title, [(cell["objects"], cell["bytes"]) for cell in row]), flush=True)
    columns = [shown[place :: len(names)] for place in range(len(names))]
    for title, figures in (("mean", ("objects", "bytes")), ("pages put in", ("loads",))):
        print(line(title, [[mean(cell[name] for cell in column) for name in figures] for column in columns]))
    return shown


def options() -> argparse.Namespace:
    """What the command line says."""
    known = list(policies(1))

    def some_of(choice: Sequence[str]) -> Callable[[str], list[str]]:
        def chosen(text: str) -> list[str]:
            if unknown := set(text.split(",")) - set(choice):
                raise argparse.ArgumentTypeError(f"not {', '.join(sorted(unknown))}: there are {', '.join(choice)}")
            return text.split(",")

        return chosen

    parser = argparse.ArgumentParser("python -m benchmarks.hit_ratio", description=__doc__)
    parser.add_argument("--policies", type=some_of(known), default=known, metavar="A,B", help=", ".join(known))
    parser.add_argument("--traces", type=some_of(list(TRACES)), default=list(TRACES), metavar="A,B", help="only these")
    parser.add_argument("--requests", type=int, default=1_000_000, help="in each trace (%(default)s)")
    parser.add_argument(
        "--clock", type=float, default=1.0, metavar="N", help="requests a tick, for each page that fits (%(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file, too")
    return parser.parse_args()


def main() -> None:
    """Measure, print."""
    chosen = options()
    rows = itertools.product(chosen.traces, ("equal", "mixed"), (0.01, 0.05))
    cases = [Case(*row, policy, chosen.requests, chosen.clock) for row in rows for policy in chosen.policies]
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        results = show(workers.map(measure, cases, chunksize=len(chosen.policies)), chosen.policies)
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
