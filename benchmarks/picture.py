"""The paper's figures 8 and 9, drawn again as SVG: one line a server, readable in light and in dark."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from .rounds import Results
from .tables import medians, peers_of

WIDTH, HEIGHT = 460, 330
"""Of one panel, its labels included."""
LEFT, RIGHT, TOP, BOTTOM = 68, 28, 34, 50
LEGEND = 44

# Colours that differ in lightness too, for light and dark ground; a line also has its own mark and dashes.
COLOURS = (
    ("#c2410c", "#fb923c"),
    ("#15803d", "#4ade80"),
    ("#1d4ed8", "#60a5fa"),
    ("#a21caf", "#e879f9"),
    ("#0e7490", "#22d3ee"),
    ("#854d0e", "#facc15"),
    ("#475569", "#cbd5e1"),
    ("#be123c", "#fda4af"),
    ("#4d7c0f", "#bef264"),
)
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 4", "12 4", "1 4", "6 2 1 2", "3 1")
MARKS = ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0-5L5 0L0 5L-5 0z", "M0 5L5-4H-5z")

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """One diagram: what its axis upwards says, and the line of each server."""

    label: str
    lines: Mapping[str, Points]
    ideal: bool = False
    """Whether the line "as attempted" is drawn."""


def ticks(largest: float) -> list[float]:
    """Four to ten round numbers from 0 to at least the largest value."""
    step = 10.0 ** math.floor(math.log10(max(largest, 1)))
    step = next(size for size in (step / 5, step / 2, step, step * 2) if largest / size <= 6)
    return [number * step for number in range(math.ceil(max(largest, 1) / step) + 1)]


def style(peers: Sequence[str]) -> str:
    def colours(which: int) -> str:
        return "".join(
            f".s{n}{{stroke:{COLOURS[n % 9][which]};fill:{COLOURS[n % 9][which]}}}" for n in range(len(peers))
        )

    return (
        "<style>text{font:12px system-ui,sans-serif;fill:#1f2937}.head{font-weight:bold}"
        ".ground{fill:#fff}.grid{stroke:#d1d5db}"
        f".ideal{{stroke:#9ca3af}}.line{{fill:none;stroke-width:2}}{colours(0)}"
        "@media(prefers-color-scheme:dark){text{fill:#e5e7eb}.ground{fill:#0d1117}.grid{stroke:#30363d}"
        f".ideal{{stroke:#6b7280}}{colours(1)}}}.line{{fill:none}}</style>"
    )


def draw(title: str, peers: Sequence[str], panels: Sequence[Panel], across: str) -> str:
    """The panels side by side below one legend.

    :param across: what the axis to the right says.
    """
    width, height = WIDTH * len(panels), HEIGHT + LEGEND
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            style(peers),
            f'<rect class="ground" width="{width}" height="{height}"/>',
            *legend(peers, min(110, (width - LEFT) // max(1, len(peers)))),
            *(
                f'<g transform="translate({number * WIDTH} {LEGEND})">{"".join(diagram(panel, peers, across))}</g>'
                for number, panel in enumerate(panels)
            ),
            "</svg>\n",
        ]
    )


def legend(peers: Sequence[str], step: int) -> Iterable[str]:
    for number, peer in enumerate(peers):
        x = LEFT + number * step
        yield series(number, [(x, 24), (x + 15, 24), (x + 30, 24)], marks=slice(1, 2))
        yield f'<text x="{x + 37}" y="28">{escape(peer)}</text>'


def series(number: int, points: Points, marks: slice = slice(None)) -> str:
    """A server's line with its marks, in the picture's own measure."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    mark = MARKS[number % len(MARKS)]
    return f'<polyline class="s{number} line" stroke-dasharray="{DASHES[number % 9]}" points="{path}"/>' + "".join(
        f'<path class="s{number}" transform="translate({x:.1f} {y:.1f})" d="{mark}"/>' for x, y in points[marks]
    )


def diagram(panel: Panel, peers: Sequence[str], across: str) -> Iterable[str]:
    """One panel: its grid with the numbers, its labels, its lines."""
    points = [point for line in panel.lines.values() for point in line]
    right = ticks(max((x for x, _ in points), default=1))
    up = ticks(max((y for _, y in points), default=1))

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (WIDTH - LEFT - RIGHT) * x / right[-1],
            HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / up[-1],
        )

    for value in right:
        x, y = place(value, 0)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{TOP}"/>'
        yield f'<text x="{x:.1f}" y="{y + 17:.1f}" text-anchor="middle">{value:,.0f}</text>'
    for value in up:
        x, y = place(0, value)
        yield f'<line class="grid" x1="{x:.1f}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{x - 7:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(across)}</text>'
    yield f'<text x="{LEFT}" y="{TOP - 14}" class="head">{escape(panel.label)}</text>'
    if panel.ideal:
        end = min(right[-1], up[-1])
        (x1, y1), (x2, y2) = place(0, 0), place(end, end)
        yield f'<line class="ideal" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
        yield f'<text x="{WIDTH - RIGHT}" y="{TOP - 14}" text-anchor="end">grey: as attempted</text>'
    for name, line in panel.lines.items():
        yield series(peers.index(name), [place(x, y) for x, y in line])


def figures(found: Mapping[int, Results]) -> dict[str, str]:
    """The two pictures of the paper's experiment, by the names of their files."""
    peers = peers_of(found)
    at = {peer: [medians(results.runs[peer]) for results in found.values() if peer in results.runs] for peer in peers}

    def panel(label: str, name: str, ideal: bool = False) -> Panel:
        return Panel(label, {peer: [(run["attempted"], run[name]) for run in at[peer]] for peer in peers}, ideal)

    across = "attempted requests per second (4 on each connection)"
    rates = [panel("requests per second", "request_rate", True), panel("responses per second", "reply_rate", True)]
    costs = [panel("network bandwidth, MB/s", "net"), panel("max. concurrent connections", "concurrent")]
    return {
        "figure8.svg": draw("Requests and responses against the attempted rate", peers, rates, across),
        "figure9.svg": draw("Bandwidth and concurrent connections against the attempted rate", peers, costs, across),
    }
