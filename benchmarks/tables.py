"""The figures as text: medians, and ratios to each peer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .loads import CALLS
from .rounds import Results
from .scenarios import Run, Scenario


@dataclass(frozen=True)
class Figure:
    """How a figure is shown, and whether more of it is better (1) or worse (-1)."""

    title: str
    digits: int
    better: int = 0


FIGURES = {
    "rate": Figure("requests/s", 0, 1),
    "cpu": Figure("CPU us/req", 1, -1),
    "cpu_mb": Figure("CPU us/MB", 0, -1),
    "server_busy": Figure("server busy %", 0),
    "load_busy": Figure("load busy %", 0),
    "p50": Figure("p50 ms", 2, -1),
    "p99": Figure("p99 ms", 2, -1),
    "page_p50": Figure("page p50 ms", 2, -1),
    "page_p99": Figure("page p99 ms", 2, -1),
    "page_most": Figure("page most ms", 2, -1),
    "errors": Figure("errors", 0, -1),
    "logged": Figure("logged %", 1),
    "speed": Figure("MB/s", 0, 1),
    "peak": Figure("peak MiB", 1, -1),
    "idle": Figure("idle", 0),
    "base": Figure("MiB alone", 1, -1),
    "full": Figure("MiB crowded", 1, -1),
    "each": Figure("KiB each", 2, -1),
    "rate_alone": Figure("req/s alone", 0, 1),
    "rate_crowded": Figure("crowded", 0, 1),
    "p50_alone": Figure("p50 ms alone", 2, -1),
    "p50_crowded": Figure("crowded", 2, -1),
    "p99_alone": Figure("p99 ms alone", 2, -1),
    "p99_crowded": Figure("p99 ms crowded", 2, -1),
    "slower": Figure("p99 ratio", 2, -1),
    "errors_crowded": Figure("errors", 0, -1),
}
GOOD = 0.98
"""The share of the attempted requests that a good rate answers."""


def medians(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return {name: median(run[name] for run in runs) for name in runs[0]}


def ratios(ours: Sequence[Run], theirs: Sequence[Run], name: str) -> list[float]:
    """How much better we are at a figure in each round: above 1 is better, whichever way the figure counts.

    A figure that is not above 0, such as memory given back, has no ratio.
    """
    pairs = [(a[name], b[name]) for a, b in zip(ours, theirs, strict=True)]
    pairs = pairs if FIGURES[name].better > 0 else [(b, a) for a, b in pairs]
    return [above / below for above, below in pairs if above > 0 and below > 0]


def compared(scenario: Scenario, results: Results) -> dict[str, dict[str, list[float]]]:
    """The rounds' ratios of the first server to each other one, by peer and figure."""
    if not results.runs:
        return {}
    first, *others = results.runs
    return {
        peer: {name: ratios(results.runs[first], results.runs[peer], name) for name in scenario.compared}
        for peer in others
    }


def grid(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells in columns: the first to the left, the others to the right."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def show(scenario: Scenario, results: Results) -> str:
    """The table of a scenario."""
    parts = [f"({scenario.letter}) {scenario.title}"]
    if results.runs:
        parts.append(grid([("", *(FIGURES[name].title for name in scenario.columns)), *rows(scenario, results)]))
        first = next(iter(results.runs))
        lines = [
            (f"{first} to {peer}", *(spread(values) for values in figures.values()))
            for peer, figures in compared(scenario, results).items()
        ]
        if lines:
            parts.append(grid([("better by", *(FIGURES[name].title for name in scenario.compared)), *lines]))
    return "\n\n".join([*parts, *notes(results)]) + "\n"


def rows(scenario: Scenario, results: Results) -> Iterable[tuple[str, ...]]:
    for peer, runs in results.runs.items():
        middle = medians(runs)
        yield peer, *(f"{middle[name]:,.{FIGURES[name].digits}f}" for name in scenario.columns)


def spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def notes(results: Results) -> Iterable[str]:
    """What a reader must know before he believes the figures."""
    for peer, runs in results.runs.items():
        middle = medians(runs)
        if middle.get("load_busy", 0) > 95 > middle["server_busy"]:
            yield f"{peer}: the load generator was the limit, not the server; compare the CPU time."
        if middle.get("logged", 100) < 98:
            yield f"{peer}: only {middle['logged']:.0f} % of the answers were in its access log when the run ended."
    for peer, reason in results.left_out.items():
        yield f"{peer} is left out: {reason}"


def is_good(run: Run) -> bool:
    """Whether a server held a rate: no error, and as many answers as were asked for."""
    return run["errors"] == 0 and run["reply_rate"] >= GOOD * run["attempted"]


def last_good(found: Mapping[int, Results], peer: str) -> int:
    """The rate of connections up to which a server held every rate; 0 for none."""
    good = 0
    for rate, results in sorted(found.items()):
        if peer not in results.runs or not is_good(medians(results.runs[peer])):
            break
        good = rate
    return good


def peers_of(found: Mapping[int, Results]) -> list[str]:
    """The servers that were measured at some rate."""
    return list(dict.fromkeys(peer for results in found.values() for peer in results.runs))


def show_paper(scenario: Scenario, found: Mapping[int, Results]) -> str:
    """The tables of the paper's experiment: the last good rates, then every rate."""
    peers = peers_of(found)
    summary = [("", "last good rate", "requests/s", "server busy % there")]
    for peer in peers:
        rate = last_good(found, peer)
        busy = f"{medians(found[rate].runs[peer])['server_busy']:.0f}" if rate else "-"
        summary.append((peer, f"{rate:,}", f"{CALLS * rate:,}", busy))
    table = [("connections/s", "", "replies/s", "errors %", "MB/s", "max. conns", "CPU us/req", "server busy %", "")]
    for rate, results in found.items():
        for peer, runs in results.runs.items():
            at = medians(runs)
            cells = ("reply_rate", "error_share", "net", "concurrent", "cpu", "server_busy")
            held = "held" if is_good(at) else "-"
            table.append((f"{rate:,}", peer, *(f"{at[name]:,.1f}" for name in cells), held))
    lost = {f"{peer} at {rate:,}": why for rate, results in found.items() for peer, why in results.left_out.items()}
    parts = [f"({scenario.letter}) {scenario.title}", grid(summary), grid(table), *notes(Results({}, lost))]
    if any(medians(runs)["no_port"] for results in found.values() for runs in results.runs.values()):
        parts.append("The load generator ran out of ports: these errors are not the server's.")
    return "\n\n".join(parts) + "\n"
