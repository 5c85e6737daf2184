"""Adapter. A worker thread: as a worker process, with a reactor and processes of its own, but within the server.

A module in it may wait as it likes: for a database, for a library that knows no other way. Nothing of it is interrupted
when it does not yield, and nothing of it is shared with the server but the module's state.
"""

from collections.abc import Mapping
from pathlib import Path
from threading import get_native_id

from twisted.internet.pollreactor import PollReactor

from ....csp import own_processes
from ....settings import Ogi as OgiSettings
from ..state import Remembered
from .worker import Worker


class ThreadReactor(PollReactor):
    """A reactor beside the server's."""

    _registerAsIOThread = False  # the server's thread is the one where the global reactor runs


def serve_in_thread(name: str, settings: OgiSettings, descriptor: int, states: Mapping[Path, Remembered]) -> None:
    """Be a worker until the link ends.

    :param name: of the worker.
    :param states: what modules remember; saved by the server.
    """
    own_processes()
    reactor = ThreadReactor()
    worker = Worker(reactor, settings, name, states)
    worker.join(descriptor)
    worker.link.say("born", 0, get_native_id())
    reactor.run(installSignalHandlers=False)
