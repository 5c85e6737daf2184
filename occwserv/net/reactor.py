"""Adapter. Which reactor runs: asyncio's on a uvloop loop, unless somebody chose another before."""

import sys

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


def tell(context: dict) -> None:
    """Log what went wrong in a callback of the loop, where all else is logged: asyncio has a log of its own."""
    error = context.get("exception")
    if error is None:
        log.error("{message}", message=context["message"])
    else:
        log.failure("{message}", Failure(error), message=context["message"])
