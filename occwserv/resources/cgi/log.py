"""Adapter. What programs complain of: their standard error in the server's log, and the script log, where a program
that failed is found with all that it was told and said.

Both are bounded: a program that floods its standard error is read on, so that it does not stand still, but what is too
much is dropped and counted.
"""

import os
import signal
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.logger import Logger

from ...settings import Cgi
from .body import Body
from .message import Script

log = Logger("occwserv.cgi")
LINE = 1024
"""Bytes of a line of standard error; a longer one is cut in pieces."""
_SECRET = (b"HTTP_AUTHORIZATION", b"HTTP_COOKIE")


def shown(data: bytes) -> str:
    """Text that can be printed, and is one line."""
    text = data.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


class Rate:
    """A bucket of bytes that fills with time.

    :param rate: bytes a second, and how many it holds.
    """

    def __init__(self, rate: int, now: Callable[[], float]) -> None:
        self._rate = rate
        self._now = now
        self._left = float(rate)
        self._at = now()

    def take(self, count: int) -> bool:
        """Whether so many bytes may pass."""
        now = self._now()
        self._left = min(self._left + max(now - self._at, 0) * self._rate, self._rate)
        self._at = now
        if count > self._left:
            return False
        self._left -= count
        return True


class Complaints:
    """The standard error of one program.

    :param most: bytes that are logged of it.
    :param rate: of all programs together.
    """

    __slots__ = ("_dropped", "_held", "_left", "_name", "_rate", "kept")

    def __init__(self, name: str, most: int, rate: Rate) -> None:
        self._name = name
        self._left = most
        self._rate = rate
        self._held = b""
        self._dropped = 0
        self.kept = b""  # its beginning, for the script log

    def add(self, data: bytes) -> None:
        """It wrote something."""
        self.kept += data[: max(LINE - len(self.kept), 0)]
        if not self._left and not self._held:
            self._dropped += len(data)
            return
        *lines, self._held = (self._held + data).split(b"\n")
        while len(self._held) > LINE:
            lines.append(self._held[:LINE])
            self._held = self._held[LINE:]
        for line in lines:
            self._tell(line)

    def end(self) -> None:
        """It will not write any more."""
        if self._held:
            self._tell(self._held)
            self._held = b""
        if self._dropped:
            log.warn("{name}: {count} bytes of its standard error were dropped", name=self._name, count=self._dropped)

    def _tell(self, line: bytes) -> None:
        size = len(line) + 1  # an empty line is one, too
        if size > self._left or not self._rate.take(size):
            self._dropped += size
            self._left = max(self._left - size, 0)
        else:
            self._left -= size
            log.warn("{name}: {line}", name=self._name, line=shown(line))


def report(
    line: bytes, script: Script, why: str, env: Mapping[bytes, bytes], parts: Iterable[tuple[str, bytes]]
) -> bytes:
    """One entry of the script log: a request, what its program was told and said, and what was wrong with it.

    Who the client is to others is left out of it.
    """
    lines = [f"%% {shown(line)}", f"%% {shown(script.file)}: {why}", "%environment"]
    for name, value in sorted(env.items()):
        lines.append(f"{shown(name)}={'…' if name in _SECRET else shown(value)}")
    for name, data in parts:
        if data:
            lines += [f"%{name}", *(shown(each) for each in data.split(b"\n"))]
    return "\n".join([*lines, "", ""]).encode()


class ScriptFile:
    """The script log's file.

    :param most: bytes after which nothing more is written to it.
    """

    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._most = most

    def write(self, entry: bytes) -> None:
        """Add an entry. This waits for the disk: it is for a thread."""
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                if os.fstat(descriptor).st_size < self._most:
                    os.write(descriptor, entry)
            finally:
                os.close(descriptor)


class Notes:
    """What is noted of one run of a program.

    :param line: of the request.
    :param rate: of the standard error of all programs together.
    :param write: takes an entry of the script log; None if there is none.
    """

    __slots__ = ("_asked", "_complaints", "_file", "_kept", "_line", "_rate", "_script", "_settings", "_write", "env")

    def __init__(
        self, settings: Cgi, script: Script, line: bytes, rate: Rate, write: Callable[[bytes], None] | None
    ) -> None:
        self.env: Mapping[bytes, bytes] = {}
        self._settings = settings
        self._script = script
        self._file = shown(script.file)
        self._line = line
        self._rate = rate
        self._write = write
        self._asked = self._kept = b""  # the beginnings of the request's body, and of what it said
        self._complaints: Complaints | None = None

    def asked(self, body: Body) -> None:
        """It will be given this body. Looked at before, because a program can write to the file that it reads."""
        if self._write is not None:
            self._asked = body.start(self._settings.script_log.body)

    def started(self, pid: int) -> None:
        """It runs."""
        name = f"{os.path.basename(self._file)}[{pid}]"
        self._complaints = Complaints(name, self._settings.limits.stderr, self._rate)

    def complained(self, data: bytes) -> None:
        """It wrote to its standard error."""
        self._complaints.add(data)

    def said(self, data: bytes) -> None:
        """It wrote a piece of its answer."""
        if self._write is not None:
            self._kept = (self._kept + data)[: self._settings.script_log.body]

    def exited(self, how: ProcessDone | ProcessTerminated, awaited: bool) -> None:
        """It has exited.

        :param awaited: somebody still waits for its answer, and it was not ended for that.
        """
        if how.signal is not None:
            if awaited:
                log.warn("{file} was ended by {name}", file=self._file, name=signal.Signals(how.signal).name)
        elif how.exitCode:
            log.warn("{file} exited with {status}", file=self._file, status=how.exitCode)

    def ended(self) -> None:
        """It has ended, and all that it started."""
        self._complaints.end()

    def wrong(self, why: str, status: int, awaited: bool) -> None:
        """Something was wrong with it. When nobody waits for its answer, that is not in the script log."""
        mark = self.env.get(b"UNIQUE_ID", b"-").decode()
        log.warn("{file}: {why} ({mark})", file=self._file, why=why, mark=mark)
        if self._write is not None and awaited:
            complained = b"" if self._complaints is None else self._complaints.kept
            parts = ("request", self._asked), ("response", self._kept), ("stderr", complained)
            self._write(report(self._line, self._script, f"{status}: {why}", self.env, parts))
