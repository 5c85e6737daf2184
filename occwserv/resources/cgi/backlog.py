"""Adapter. Bytes that wait for their way on, first come, first served: in memory, then in a file without a name."""

import os
from collections import deque

from .spool import unnamed_file

PIECE = 64 * 1024
"""Bytes that are taken at once."""


class Backlog:
    """What waits.

    :param memory: bytes that are kept in memory.
    """

    __slots__ = ("_descriptor", "_from", "_held", "_memory", "_parts", "_to")

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._parts: deque[bytes] = deque()  # what is in memory came before what is in the file
        self._held = 0
        self._descriptor: int | None = None
        self._from = self._to = 0

    def __len__(self) -> int:
        return self._held + self._to - self._from

    def add(self, data: bytes) -> None:
        """Keep more.

        :raise OSError: the disk is full, or there is no descriptor left.
        """
        if self._to == 0 and self._held + len(data) <= self._memory:
            self._held += len(data)
            self._parts.append(data)
            return
        if self._descriptor is None:
            self._descriptor = unnamed_file()
        left = memoryview(data)
        while left:
            written = os.pwrite(self._descriptor, left, self._to)
            self._to += written
            left = left[written:]

    def take(self) -> bytes:
        """The next bytes, a piece at most; empty when nothing waits."""
        if self._parts:
            data = self._parts.popleft()
            self._held -= len(data)
            return data
        if self._from == self._to:
            return b""
        data = os.pread(self._descriptor, min(PIECE, self._to - self._from), self._from)
        self._from += len(data)
        if self._from == self._to:
            os.ftruncate(self._descriptor, 0)
            self._from = self._to = 0
        return data

    def close(self) -> None:
        """Forget all of it."""
        self._parts.clear()
        self._held = self._from = self._to = 0
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
