"""Adapter. The small clean parent of worker processes: started early, and forks them, so that the server never has to.

It is a process of one thread that has loaded what workers need, and nothing of the server's: no clients, no locks, no
threads. Asked over a socket for a worker, with the worker's end of its link, it forks, and reaps those that end. It
ends when the server does, because its socket then does.
"""

import os
import socket
import subprocess
import sys

CRADLE = __package__.removesuffix("pools") + "worker.cradle"
"""What it runs. It knows the farm, which knows the nursery: so it is named here, and not imported."""


class Nursery:
    """The server's side."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from {CRADLE} import main; main({theirs.fileno()})"],
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
