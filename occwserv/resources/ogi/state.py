"""Adapter. What a module remembers beyond its own life: a mapping, kept in memory and in a file.

The file is JSON, one for each module, written in a thread when the mapping is not what was written last, and replaced
as a whole, so that it is never half a file.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from twisted.logger import Logger


class Remembered(dict[str, Any]):
    """The mapping of one module.

    :param path: its file.
    """

    __slots__ = ("_latest", "_lock", "_warned", "_written", "path")

    log = Logger("occwserv.ogi")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._written = self._latest = b"{}"  # in the file, or on its way there; what is to be there in the end
        self._lock = Lock()
        self._warned = False
        try:
            self._written = self._latest = path.read_bytes()
            self.update(msgspec.json.decode(self._written, type=dict))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError) as error:
            # It is set aside and not overwritten: somebody may want to mend it.
            self.log.error("the state in {path} can not be read: {error}; it begins anew", path=str(path), error=error)
            self._written = b"{}"
            with suppress(OSError):
                os.replace(path, path.with_suffix(".unreadable"))

    def save(self, in_thread: Callable[[Callable[[], None]], object]) -> None:
        """Write the mapping to its file if it has changed.

        :param in_thread: has a function called in a thread.
        """
        try:
            data = msgspec.json.encode(dict(self))
        except (TypeError, ValueError, RecursionError) as error:
            self._warn(f"the state for {self.path} can not be written as JSON: {error}; it is kept in memory alone")
            return
        if data != self._written:
            self._written = self._latest = data
            in_thread(self._write)

    def _write(self) -> None:
        with self._lock:  # a slow disk: the write before this one may be under way
            self._write_latest()

    def _write_latest(self) -> None:
        data = self._latest
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".new")
            with open(fresh, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self.path)
            self._warned = False
        except OSError as error:
            self._written = b""  # so that it is tried again
            self._warn(f"the state in {self.path} can not be written: {error}; it is kept in memory, and tried again")

    def _warn(self, text: str) -> None:
        if not self._warned:
            self._warned = True
            self.log.warn("{text}", text=text)
