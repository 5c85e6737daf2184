"""Pure. Bytes of a client -> lines and commands (RFC 854, 855). Whatever the bytes are, it raises nothing.

What is received is read only as far as the next event is asked for, so whoever asks for none holds the client back.
Where the bytes were cut on their way makes no difference. A line ends with CR LF, CR NUL, LF, or a CR alone; backspace
and the commands EC and EL take back what was written, for clients that send every key at once.

Every limit is one of memory: what is longer is read to its end and thrown away.
"""

import re
from typing import NamedTuple

from .codes import ERASE_CHARACTER, ERASE_LINE, IAC, SB, SE, WILL

_SPECIAL = re.compile(rb"[\x00\x08\n\r\x7f\xff]")
_LF, _CR, _NUL = 10, 13, 0


class Line(NamedTuple):
    """One line, without its end."""

    data: bytes


class TooLong(NamedTuple):
    """A line that was longer than allowed, at its end."""


class Command(NamedTuple):
    """A command of two bytes that is nothing else here."""

    code: int


class Negotiation(NamedTuple):
    """WILL, WONT, DO or DONT an option."""

    verb: int
    option: int


class Subnegotiation(NamedTuple):
    """What is said about an option; without data if it was too long."""

    option: int
    data: bytes


Event = Line | TooLong | Command | Negotiation | Subnegotiation


class Parser:
    """Reads one client.

    :param line: bytes that a line may have. :param subnegotiation: bytes that a sub-negotiation may have.
    """

    __slots__ = (
        "_at", "_data", "_held", "_line", "_line_limit", "_option", "_overlong", "_read", "_sub_limit", "_swallow",
        "_verb",
    )  # fmt: skip

    def __init__(self, line: int = 1024, subnegotiation: int = 4096) -> None:
        self._line_limit, self._sub_limit = line, subnegotiation
        self._data, self._at = b"", 0  # what was received, and how far it is read
        self._line = bytearray()
        self._held = bytearray()  # the sub-negotiation so far
        self._overlong = False  # the line, or the sub-negotiation, is thrown away
        self._swallow = False  # a CR has ended the line: the LF or NUL behind it belongs to it
        self._verb = self._option = 0
        self._read = Parser._text  # not bound: the parser would hold itself

    def receive(self, data: bytes) -> None:
        """More bytes have come."""
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0

    @property
    def waiting(self) -> int:
        """Bytes that were received, and are not read."""
        return len(self._data) - self._at

    def next_event(self) -> Event | None:
        """The next event; None if more bytes are needed for it."""
        while self._at < len(self._data):
            event = self._read(self)
            if event is not None:
                return event
        self._data, self._at = b"", 0
        return None

    # What comes next is: text, a command, the option of a verb, that of a sub-negotiation, its content, or its end.

    def _text(self) -> Event | None:
        found = _SPECIAL.search(self._data, self._at)
        end = found.start() if found else len(self._data)
        if end > self._at:
            self._swallow = False
            self._write(self._data[self._at : end])
        self._at = end
        if found is None:
            return None
        self._at += 1
        byte = self._data[end]
        if byte == IAC:
            self._read = Parser._command
            return None
        swallow, self._swallow = self._swallow, byte == _CR
        if byte == _NUL or (byte == _LF and swallow):
            return None
        if byte in (_CR, _LF):
            return self._end_of_line()
        self._erase()
        return None

    def _command(self) -> Event | None:
        code = self._next_byte()
        self._read = Parser._text
        if code == IAC:
            self._swallow = False
            self._write(b"\xff")
        elif code >= WILL:
            self._verb = code
            self._read = Parser._option_of_verb
        elif code == SB:
            self._read = Parser._option_of_subnegotiation
        elif code == ERASE_CHARACTER:
            self._erase()
        elif code == ERASE_LINE:
            self._line.clear()
        elif code != SE:
            return Command(code)
        return None

    def _option_of_verb(self) -> Event:
        self._read = Parser._text
        return Negotiation(self._verb, self._next_byte())

    def _option_of_subnegotiation(self) -> None:
        self._option = self._next_byte()
        self._held = bytearray()
        self._read = Parser._content

    def _content(self) -> None:
        end = self._data.find(b"\xff", self._at)
        if end < 0:
            self._hold(self._data[self._at :])
            self._at = len(self._data)
        else:
            self._hold(self._data[self._at : end])
            self._at = end + 1
            self._read = Parser._after_iac

    def _after_iac(self) -> Event | None:
        code = self._data[self._at]
        if code == IAC:
            self._at += 1
            self._hold(b"\xff")
            self._read = Parser._content
            return None
        held, self._held = bytes(self._held[: self._sub_limit + 1]), bytearray()
        if code != SE:  # its end is missing: what was said is not to be trusted, and this is a command of its own
            self._read = Parser._command
            return None
        self._at += 1
        self._read = Parser._text
        return Subnegotiation(self._option, held if len(held) <= self._sub_limit else b"")

    def _next_byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _write(self, data: bytes) -> None:
        if not self._overlong and len(self._line) + len(data) <= self._line_limit:
            self._line += data
        else:
            self._overlong = True
            self._line = bytearray()

    def _hold(self, data: bytes) -> None:
        room = self._sub_limit + 1 - len(self._held)  # one more than allowed tells that it was too long
        if room > 0:
            self._held += data[:room]

    def _erase(self) -> None:
        """Take the last character back, all its bytes if it is of UTF-8."""
        while self._line and self._line.pop() & 0xC0 == 0x80:
            pass

    def _end_of_line(self) -> Event:
        line, self._line = bytes(self._line), bytearray()
        overlong, self._overlong = self._overlong, False
        return TooLong() if overlong else Line(line)
