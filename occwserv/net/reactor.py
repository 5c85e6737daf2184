"""Adapter. Which reactor runs: asyncio's on a uvloop loop, unless somebody chose another before.

Its clock is steady: Twisted's own timers follow the time of day, and all stand still for an hour when that is set back
by one.
"""

import sys
import time
from collections.abc import Callable

from twisted.logger import Logger
from twisted.python.failure import Failure

log = Logger("occwserv.net")


def install_reactor() -> None:
    """Install the quickest reactor there is, if none is installed yet (`twistd --reactor NAME` comes first).

    Where uvloop is missing (PyPy, Windows) Twisted's own choice is left alone: everything works there, more slowly.
    """
    if "twisted.internet.reactor" in sys.modules:
        return
    try:
        import uvloop
    except ImportError:
        return
    from twisted.internet import asyncioreactor

    loop = uvloop.new_event_loop()
    loop.set_exception_handler(lambda loop, context: tell(context))
    asyncioreactor.install(loop)
    sys.modules["twisted.internet.reactor"].seconds = steady(time.time, time.monotonic)


def steady(time_of_day: Callable[[], float], monotonic: Callable[[], float]) -> Callable[[], float]:
    """A clock that begins with the time of day, in seconds since 1970, and is never set."""
    ahead = time_of_day() - monotonic()
    return lambda: monotonic() + ahead


def tell(context: dict) -> None:
    """Log what went wrong in a callback of the loop, where all else is logged: asyncio has a log of its own."""
    error = context.get("exception")
    if error is None:
        log.error("{message}", message=context["message"])
    else:
        log.failure("{message}", Failure(error), message=context["message"])
