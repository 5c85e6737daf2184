"""Adapter. The page at `/ogi/`: all modules, their instances and processes, what each waits for."""

from typing import TYPE_CHECKING

from ...csp import Process
from ..pages import render

if TYPE_CHECKING:
    from .farm import Farm

MOST = 500
"""Processes that are shown."""


def tree_page(farm: "Farm") -> bytes:
    """The page."""
    handlers = farm.handlers()
    processes = farm.scheduler.processes
    return render(
        "ogi.html",
        modules=[
            {
                "name": module.name,
                "place": module.place,
                "handlers": [handler for handler in handlers if handler.module is module],
                "loads": module.loads,
                "restarts": module.restarts,
                "faults": module.faults.total,
                "last": module.faults.last,
                "broken": module.broken,
                "rests": int(module.faults.wait(farm.now())),
            }
            for module in farm.modules()
        ],
        processes=_in_order(list(processes))[:MOST],
        number=len(processes),
        most=MOST,
        busy=len(handlers),
        all=farm.settings.handlers,
    )


def _in_order(processes: list[Process]) -> list[tuple[int, Process]]:
    """Each behind its parent, and how deep it is."""
    children: dict[Process | None, list[Process]] = {}
    for process in processes:
        parent = process.parent
        while parent is not None and parent.done:
            parent = parent.parent
        children.setdefault(parent, []).append(process)
    found: list[tuple[int, Process]] = []
    to_do = [(0, process) for process in reversed(children.get(None, []))]
    while to_do:
        depth, process = to_do.pop()
        found.append((depth, process))
        to_do += [(depth + 1, child) for child in reversed(children.get(process, []))]
    return found
