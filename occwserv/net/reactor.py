"""Adapter. Which reactor runs: asyncio's on a uvloop loop, unless somebody chose another before."""

import sys


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

    asyncioreactor.install(uvloop.new_event_loop())
