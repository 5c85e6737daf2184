"""Adapter. The small clean parent of worker processes: started early, and forks them, so that the server never has to.

It is a process of one thread that has loaded what workers need, and nothing of the server's: no clients, no locks, no
threads. Asked over a socket for a worker, with the worker's end of its link, it forks, and reaps those that end. It
ends when the server does, because its socket then does.
"""

import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress


class Nursery:
    """The server's side."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from {__name__} import main; main({theirs.fileno()})"],
                pass_fds=[theirs.fileno()], process_group=0, stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )  # fmt: skip
        self._socket = ours

    @property
    def alive(self) -> bool:
        """Whether it is there."""
        return self._process.poll() is None

    def start(self, name: str, settings: bytes, link: socket.socket) -> None:
        """Have a worker forked for a module. Nobody waits for it here: it tells its number over its link.

        :param settings: those of the section `ogi`, as JSON.
        """
        order = name.encode("ascii") + b"\0" + settings
        socket.send_fds(self._socket, [len(order).to_bytes(4, "big") + order], [link.fileno()])

    def close(self) -> None:
        """End it. Its workers end when their links do."""
        self._socket.close()
        self._process.wait()


def main(descriptor: int) -> None:
    """The process."""
    from . import worker

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
