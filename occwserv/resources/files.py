"""Adapter. Opening files below a root, so that nothing outside it and nothing but regular files is ever opened."""

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from twisted.logger import Logger

from ..http.conditions import Validators
from ..http.errors import HTTPError, Unavailable

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_MISSING = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL))
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM))
_DENIED = frozenset((errno.EACCES, errno.EPERM, errno.ELOOP))

_log = Logger("occwserv.files")

Facts = tuple[int, int, int, int]
"""What tells one state of a file from another: when it was modified and changed, its size and inode."""


def facts_of(path: bytes) -> Facts | None:
    """The facts of a file by its path; None for one that is not there."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino


@dataclass(slots=True)
class OpenFile:
    """A regular file below the root, open for reading. Whoever has it closes it."""

    path: bytes
    descriptor: int
    size: int
    modified_ns: int
    changed_ns: int
    inode: int

    def validators(self, coding: bytes = b"") -> Validators:
        """What tells this state of the file from every other one, and from its other codings.

        The time is that of the last change of anything about the file (ctime): nobody can set it, while whoever copies
        or packs files may well give all of them one time of modification. The inode is in the tag because a file that
        is replaced within a tick of that clock, by another of its size, has nothing else to be told by.

        The date is that of its modification, unless that lies ahead of the clock (RFC 9110 8.8.2.1).
        """
        modified = min(self.modified_ns, self.changed_ns) // 10**9
        tag = b"%x-%x-%x" % (self.inode, self.size, self.changed_ns)
        return Validators(b'"%b%b"' % (tag, b"-" + coding if coding else b""), modified)

    @property
    def facts(self) -> Facts:
        """What `facts_of` says of the file in this state."""
        return self.modified_ns, self.changed_ns, self.size, self.inode

    def unchanged(self) -> bool:
        """Whether what was read since the file was opened is one state of it."""
        facts = os.fstat(self.descriptor)
        return facts.st_ctime_ns == self.changed_ns and facts.st_size == self.size

    def read(self) -> bytes | None:
        """All of it, in one state; None if it changed meanwhile, or can not be read."""
        try:
            body = os.pread(self.descriptor, self.size, 0)
        except OSError:
            return None
        return body if len(body) == self.size and self.unchanged() else None

    def piece(self, offset: int, length: int) -> bytes:
        """Some bytes of it, fewer where it has become shorter.

        :raise HTTPError: 500 it can not be read.
        """
        try:
            return os.pread(self.descriptor, length, offset)
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)


class Root:
    """A folder, and what may be opened below it.

    :param path: the folder; it is resolved here, once.
    :param hidden: resolved places whose files are not pages, wherever below the root they are found: those of programs.
    """

    def __init__(self, path: str, hidden: Sequence[bytes] = ()) -> None:
        self.path = os.path.realpath(os.fsencode(path))
        self._below = self.path.rstrip(b"/") + b"/"
        self._hidden = tuple(place.rstrip(b"/") + b"/" for place in hidden)

    def place(self, relative: bytes) -> bytes:
        """Where a path below the root is."""
        return self._below + relative

    def open(self, relative: bytes) -> OpenFile:
        """Open a regular file.

        :raise IsADirectoryError: it is a folder.
        :raise HTTPError: 404 missing; 403 not readable, not a regular file, or outside the root by a symbolic link;
            500 it can not be read; 503 out of descriptors.
        """
        path = self._below + relative
        try:
            # Looked at before it is opened: opening a device or a FIFO can do things, even without reading it.
            self._check_kind(os.stat(path).st_mode)
            descriptor = os.open(path, _FLAGS)
        except IsADirectoryError:
            raise
        except OSError as error:
            raise self.refusal(error) from error
        try:
            facts = os.fstat(descriptor)
            self._check_kind(facts.st_mode)
            self._check_place(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        return OpenFile(path, descriptor, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)

    def scan(self, relative: bytes) -> list[os.DirEntry]:
        """The entries of a folder.

        :raise HTTPError: as `open`.
        """
        path = self._below + relative
        self._check_below(os.path.realpath(path) + b"/")
        try:
            with os.scandir(path) as entries:
                return list(entries)
        except OSError as error:
            raise self.refusal(error) from error

    @staticmethod
    def refusal(error: OSError) -> HTTPError:
        """The answer that an error of the file system means to a client."""
        if error.errno in _MISSING:
            return HTTPError(404, "there is no such page")
        if error.errno in _EXHAUSTED:
            return Unavailable("the server has too many files open")
        if error.errno in _DENIED:
            return HTTPError(403, "the page may not be read")
        return _unreadable(error.filename, error)

    @staticmethod
    def _check_kind(mode: int) -> None:
        if stat.S_ISDIR(mode):
            raise IsADirectoryError
        if not stat.S_ISREG(mode):
            raise HTTPError(403, "only regular files are served")

    def _check_place(self, descriptor: int, path: bytes) -> None:
        """Refuse a file that a symbolic link led out of the root to.

        The kernel is asked where the *open* file is, so that nothing can be exchanged between the question and the
        answer. Elsewhere than on Linux the path is resolved, which leaves that gap.
        """
        try:
            place = os.readlink(b"/proc/self/fd/%d" % descriptor)
        except OSError:
            place = os.path.realpath(path)
        self._check_below(place)

    def holds(self, place: bytes) -> bool:
        """Whether a resolved path is below the root."""
        return place.startswith(self._below)

    def hides(self, place: bytes) -> bool:
        """Whether what is at a resolved path is no page, but a program or a folder of programs."""
        return bool(self._hidden) and (place + b"/").startswith(self._hidden)

    def _check_below(self, place: bytes) -> None:
        if self.hides(place):
            raise HTTPError(404, "there is no such page")
        if not self.holds(place):
            raise HTTPError(403, "a symbolic link leads out of the root")


def _unreadable(path: bytes, error: OSError) -> HTTPError:
    """The answer when a page is there, and its disk, or the network to that, fails; who runs the server is told."""
    _log.error("{path} can not be read: {why}", path=path.decode("utf-8", "backslashreplace"), why=error.strerror)
    return HTTPError(500, "the page can not be read; the server's log says why")
