"""Adapter. The page at `/ogi/`: all modules, their instances and processes, what each waits for."""

from ...connection import Connection
from ...csp import Process
from ...http.answer import Answer
from ...http.errors import HTTPError
from ..pages import render
from .roles import Farm

MOST = 500
"""Processes that are shown."""


def serve_tree(farm: Farm, connection: Connection, here: bool) -> None:
    """Answer with the page.

    :param here: its path is the page's; else it has no slash at its end.
    """
    if not here:  # relative to where the client is, whatever that is called
        connection.reply(Answer(301, [(b"Location", farm.settings.prefix.encode("ascii"))]))
        return
    if connection.request.method not in (b"GET", b"HEAD"):
        raise HTTPError(405, "this page is read, not written to", ((b"Allow", b"GET, HEAD"),))
    fields = [(b"Content-Type", b"text/html; charset=utf-8"), (b"Cache-Control", b"no-store")]
    connection.reply(Answer(200, fields, (tree_page(farm),)))


def tree_page(farm: Farm) -> bytes:
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
