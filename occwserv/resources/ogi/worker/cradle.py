"""Adapter. What the nursery's process does: it forks a worker for each order, and reaps those that end."""

import os
import select
import signal
import socket
from contextlib import suppress

from . import worker


def main(descriptor: int) -> None:
    """Be it.

    :param descriptor: of the socket that orders come over.
    """
    own = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from the terminal; the server says when it is over
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    while True:
        ready, _, _ = select.select([own, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            _reap()
        if own in ready:
            order = _order(own)
            if order is None:
                return
            name, settings, link = order
            child = os.fork()
            if child == 0:
                own.close()
                os.setpgid(0, 0)
                os.close(wake)
                signal.set_wakeup_fd(-1)
                os.close(woken)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                worker.main(name, settings, link)
                os._exit(0)
            os.close(link)
            with suppress(OSError):
                os.setpgid(child, child)  # both do it: whoever comes first


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _order(own: socket.socket) -> tuple[str, bytes, int] | None:
    """The next order; None when the server is gone."""
    data, links, _, _ = socket.recv_fds(own, 65536, 1)
    if not data:
        return None
    while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
        data += own.recv(65536)
    name, _, settings = data[4:].partition(b"\0")
    return name.decode("ascii"), settings, links[0]
