"""Adapter. The access log: lines from the reactor, written by a thread, so that a slow disk stops nobody.

The reactor collects lines and hands them over in batches; a thread of its own owns the file: writes, rotates,
reopens. When the disk falls behind by more than `log.queue` lines, lines are dropped and counted. When a write fails
(disk full, folder gone), serving goes on: one warning, each lost line counted, and a new try with every batch.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread

from twisted.logger import Logger

from ..settings import Log as LogSettings

BATCH = 2048
"""Lines that are handed over together, if not the clock does so before. To wake the thread costs more than to collect
hundreds of lines: it runs at once, and then waits for the interpreter like everybody else."""
STDOUT = 1


class AccessLog:
    """A log to a file or to standard output.

    :param settings: `access` is the path, "-" for standard output, None for no log; `rotate` bytes after which the
        file is moved to `path.1`, that to `path.2` and so on (0: never), `keep` of them; `queue` lines may wait.
    """

    log = Logger("occwserv.log")

    def __init__(self, settings: LogSettings) -> None:
        self._obey(settings)
        self._current = settings  # the thread's: what was logged before a change is written where it belongs
        self._lines: list[bytes] = []
        self._batches: SimpleQueue = SimpleQueue()
        self._handed = 0  # lines handed over; those the thread is through with are written or failed
        self._written = 0
        self._dropped = 0
        self._failed = 0
        self._warned = False
        self._descriptor: int | None = None
        self._size = 0
        self._torn = False  # a failure has left half a line at the file's end
        self._thread = Thread(target=self._run, name="access log", daemon=True)

    def start(self) -> None:
        """Begin to write. Not sooner than the process is the one that will serve: threads do not survive a fork."""
        self._thread.start()

    def configure(self, settings: LogSettings) -> None:
        """Go on under other settings."""
        self.flush()
        self._obey(settings)
        self._batches.put(partial(self._change, settings))

    def write(self, line: bytes) -> None:
        """Log a line."""
        if self._batch:
            self._lines.append(line)
            if len(self._lines) >= self._batch:
                self.flush()

    def flush(self) -> None:
        """Hand what was collected to the thread. Called every second, and when the server ends."""
        if not self._lines:
            return
        waiting = self._handed - self._written - self._failed
        if waiting + len(self._lines) > self._settings.queue:
            self._dropped += len(self._lines)
        else:
            self._handed += len(self._lines)
            self._batches.put(self._lines)
        self._lines = []

    def reopen(self) -> None:
        """Close the file and open it by its name again: somebody moved it."""
        self.flush()
        self._batches.put(self._close_file)

    def close(self) -> None:
        """Write what is left and end the thread, waiting for a stuck disk no more than five seconds."""
        self.flush()
        self._batches.put(None)
        self._thread.join(5)

    def figures(self) -> dict:
        """What happened to the lines."""
        return {"written": self._written, "dropped": self._dropped, "failed": self._failed}

    def _obey(self, settings: LogSettings) -> None:
        self._settings = settings
        self._batch = min(BATCH, max(settings.queue, 1)) if settings.access is not None else 0  # 0: nothing is kept

    @property
    def _path(self) -> str:
        return self._current.access or os.devnull

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            if callable(batch):
                self._guarded(batch)
            elif self._guarded(lambda lines=batch: self._write(b"\n".join(lines) + b"\n")):
                self._written += len(batch)
                self._warned = False
            else:
                self._failed += len(batch)
        self._guarded(self._close_file)

    def _guarded(self, act: Callable[[], None]) -> bool:
        """Do something with the file; a failure is told once, until lines are written again."""
        try:
            act()
        except OSError as error:
            if not self._warned:
                self._warned = True
                self.log.warn(
                    "the access log {path} can not be written: {error}; its lines are lost and counted",
                    path=self._path, error=error,
                )  # fmt: skip
            with suppress(OSError):  # a full disk may say so again
                self._close_file()
            return False
        return True

    def _write(self, data: bytes) -> None:
        if self._path == "-" and _nowhere(STDOUT):
            # A daemon has no standard output; what belongs there goes with the rest of its log.
            self.log.info("{lines}", lines=data.decode("ascii").rstrip())
            return
        if self._descriptor is None:
            self._open_file()
        rotate = self._current.rotate
        if rotate and self._path != "-" and self._size and self._size + len(data) > rotate:
            self._close_file()
            with suppress(OSError):  # what can not be moved is written on to
                self._move_files()
            self._open_file()
        view = memoryview(b"\n" + data if self._torn else data)
        while view:
            count = os.write(self._descriptor, view)
            self._size += count
            view = view[count:]
            self._torn = bool(view)

    def _open_file(self) -> None:
        if self._path == "-":
            self._descriptor = os.dup(STDOUT)
        else:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            self._size = os.fstat(self._descriptor).st_size
            self._torn = self._torn and self._size > 0

    def _move_files(self) -> None:
        keep = self._current.keep  # perhaps many more than there are
        free = next((number for number in range(1, keep) if not os.path.exists(f"{self._path}.{number}")), keep)
        for number in range(free, 0, -1):
            os.replace(f"{self._path}.{number - 1}" if number > 1 else self._path, f"{self._path}.{number}")
        if not keep:
            os.unlink(self._path)

    def _change(self, settings: LogSettings) -> None:
        self._current = settings
        self._close_file()

    def _close_file(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


def _nowhere(descriptor: int) -> bool:
    """Whether a descriptor is /dev/null."""
    return os.path.samestat(os.fstat(descriptor), os.stat(os.devnull))
