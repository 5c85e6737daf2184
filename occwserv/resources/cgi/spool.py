"""Adapter. A request's body, kept until all of it is there: in memory first, then in a file that has no name.

So a program that is slow to read holds up nobody, a client that is slow to send holds up no program, and the length is
known before the program starts. What is handed on is a descriptor at the body's first byte.
"""

import os
import tempfile


class Spool:
    """A body that is being collected.

    :param memory: bytes that are kept in memory.
    """

    __slots__ = ("_held", "_memory", "descriptor", "length")

    def __init__(self, memory: int) -> None:
        self.length = 0
        self.descriptor: int | None = None
        self._memory = memory
        self._held = bytearray()  # and not a list of pieces: a client may send it a byte at a time

    def add(self, data: bytes) -> None:
        """Keep a piece.

        :raise OSError: the disk is full, or there is no descriptor left.
        """
        self.length += len(data)
        self._held += data
        if self.descriptor is not None or self.length > self._memory:
            self._put(unnamed_file)

    def start(self, length: int) -> bytes:
        """The first bytes."""
        if self.descriptor is None:
            return bytes(self._held[:length])
        return os.pread(self.descriptor, length, 0)

    def open(self) -> int:
        """All of it, as a descriptor at its first byte. It stays the spool's own.

        :raise OSError: there is no descriptor left.
        """
        if not self.length:
            self.descriptor = os.open(os.devnull, os.O_RDONLY)
            return self.descriptor
        if self.descriptor is None:
            self._put(_memory)
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return self.descriptor

    def close(self) -> None:
        """Forget it."""
        self._held = bytearray()
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def _put(self, where) -> None:
        if self.descriptor is None:
            self.descriptor = where()
        held, self._held = self._held, bytearray()
        data = memoryview(held)
        while data:
            data = data[os.write(self.descriptor, data) :]


def unnamed_file() -> int:
    """A file on the disk, without a name. No program has it but the one that is given it."""
    with tempfile.TemporaryFile(prefix="occwserv-") as file:
        return os.dup(file.fileno())


def _memory() -> int:
    if not hasattr(os, "memfd_create"):
        return unnamed_file()
    return os.memfd_create("body", os.MFD_CLOEXEC)
