"""Adapter. Bytes that wait for their way on, first come, first served: in memory, then in files without a name.

There are two files: one is written while the other is read, and they change places when that has been read to its
end. So neither is ever larger than what has waited at once, though an answer may leave some waiting all the while.
"""

import os
from collections import deque

from .spool import unnamed_file

PIECE = 64 * 1024
"""Bytes that are taken at once."""


class Backlog:
    """What waits.

    :param memory: bytes that are kept in memory.
    """

    __slots__ = ("_end", "_from", "_held", "_memory", "_parts", "_read", "_to", "_written")

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._parts: deque[bytes] = deque()  # what is in memory came before what is in the files
        self._held = 0
        self._read: int | None = None  # the file that is read: what waits there is from `_from` to `_end`
        self._from = self._end = 0
        self._written: int | None = None  # the file that is written: up to `_to`
        self._to = 0

    def __len__(self) -> int:
        return self._held + self._end - self._from + self._to

    def add(self, data: bytes) -> None:
        """Keep more.

        :raise OSError: the disk is full, or there is no descriptor left.
        """
        if self._held == len(self) and self._held + len(data) <= self._memory:
            self._held += len(data)
            self._parts.append(data)
            return
        if self._written is None:
            self._written = unnamed_file()
        left = memoryview(data)
        while left:
            written = os.pwrite(self._written, left, self._to)
            self._to += written
            left = left[written:]

    def take(self) -> bytes:
        """The next bytes, a piece at most; empty when nothing waits."""
        if self._parts:
            data = self._parts.popleft()
            self._held -= len(data)
            return data
        if self._from == self._end:
            if not self._to:
                return b""
            self._read, self._written = self._written, self._read
            self._from, self._end, self._to = 0, self._to, 0
        data = os.pread(self._read, min(PIECE, self._end - self._from), self._from)
        self._from += len(data)
        if self._from == self._end:
            os.ftruncate(self._read, 0)
        return data

    def close(self) -> None:
        """Forget all of it."""
        self._parts.clear()
        self._held = self._from = self._end = self._to = 0
        for descriptor in (self._read, self._written):
            if descriptor is not None:
                os.close(descriptor)
        self._read = self._written = None
