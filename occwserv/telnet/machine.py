"""Pure. One telnet client: bytes in, events out; what is to be said in, bytes out. It knows no socket and no game.

What can be agreed on is offered once, when the client comes. One that never answers (`nc`, a script) is never told a
command again: `speaks` tells whether it has answered anything. How texts are to be laid out for it is its `style`, what
ends a prompt of it its `mark`.

The client's side of a conversation that it does not keep to is bounded: between two lines it may say `commands` telnet
commands. More are a flood, and the last event there is.
"""

import zlib
from typing import Any, NamedTuple

from . import mud, terminal
from .codes import (
    ACCEPTED,
    ARE_YOU_THERE,
    CHARSET,
    COMPRESS2,
    ECHO,
    END_OF_RECORD,
    EOR,
    GA,
    GMCP,
    IAC,
    MSSP,
    REJECTED,
    REQUEST,
    SUPPRESS_GO_AHEAD,
    TERMINAL_TYPE,
    TTABLE_IS,
    TTABLE_REJECTED,
    WILL,
    WINDOW_SIZE,
    WONT,
    subnegotiation,
)
from .options import Side, ours, theirs
from .parser import Command, Line, Negotiation, Parser, Subnegotiation, TooLong
from .text import Style, read

OFFERED = (END_OF_RECORD, CHARSET, MSSP, COMPRESS2, GMCP)
ASKED = (TERMINAL_TYPE, WINDOW_SIZE)
AGREEABLE = frozenset({SUPPRESS_GO_AHEAD, *OFFERED})
TYPES = 3
"""Times that a client is asked for its terminal type: MTTS has the program, the terminal and the bits."""

NARROWEST, WIDEST = 20, 500
WINDOW, MEMORY = 12, 4
"""zlib's, for texts of some lines; zlib's own choice would take 256 KiB of memory for each client."""


class Limits(NamedTuple):
    """How much a client may say. `compress`: whether MCCP2 is offered."""

    line: int = 1024
    subnegotiation: int = 4096
    commands: int = 1000
    compress: bool = True


class Said(NamedTuple):
    """A line of text."""

    text: str


class Wanted(NamedTuple):
    """The client wants to be told something by an option: what the game is (MSSP), or where it is (GMCP)."""

    option: int


class Flooded(NamedTuple):
    """There are too many commands: the client is not to be read on."""


Event = Said | TooLong | Wanted | Flooded


class Machine:
    """The conversation with one client."""

    __slots__ = (
        "_charset_asked", "_commands", "_compressor", "_limits", "_names", "_out", "_parser", "_ready", "_theirs",
        "_us", "mark", "packages", "style",
    )  # fmt: skip

    def __init__(self, limits: Limits) -> None:
        offered = OFFERED if limits.compress else tuple(option for option in OFFERED if option != COMPRESS2)
        self._limits = limits
        self._parser = Parser(limits.line, limits.subnegotiation)
        self._us: Side = ours(AGREEABLE if limits.compress else AGREEABLE - {COMPRESS2})
        self._theirs: Side = theirs((*ASKED, CHARSET))
        self._commands = 0  # since the last line
        self._charset_asked = False
        self._names: tuple[str, ...] = ()  # of its terminal
        self._compressor: Any = None
        self._out = b""  # what is to be sent
        self._ready = b""  # before that, as it is, if that is to be compressed
        self.packages: frozenset[str] = frozenset()  # what its program wants to be told by GMCP
        self.style = Style()
        self.mark: bytes | None = None
        for option in ASKED:
            self._out += self._theirs.ask(option)
        for option in offered:
            self._out += self._us.ask(option)

    # What the client says.

    def receive(self, data: bytes) -> None:
        """Bytes have come."""
        self._parser.receive(data)

    @property
    def waiting(self) -> int:
        """Bytes that have come, and were not looked at."""
        return self._parser.waiting

    def next_event(self) -> Event | None:
        """What they mean; None if there is nothing more."""
        while self._commands <= self._limits.commands:
            event = self._parser.next_event()
            if event is None:
                return None
            if type(event) is Line:
                self._commands = 0
                return Said(read(event.data, self.style.charset))
            if type(event) is TooLong:
                self._commands = 0
                return event
            self._commands += 1
            meant: Wanted | None = _HEARD[type(event)](self, event)
            self.mark = self._end_of_prompts()
            if meant is not None:
                return meant
        return Flooded()

    @property
    def speaks(self) -> bool:
        """Whether it has ever said a command. Who has not is a script, and never prompted: it has no `mark`."""
        return self.mark is not None

    def _end_of_prompts(self) -> bytes:
        if self._us.has(END_OF_RECORD):
            return bytes((IAC, EOR))
        return b"" if self._us.has(SUPPRESS_GO_AHEAD) else bytes((IAC, GA))

    def _heard_command(self, event: Command) -> None:
        if event.code == ARE_YOU_THERE:
            self._out += b"\r\n[Yes]\r\n"

    def _heard_negotiation(self, event: Negotiation) -> Wanted | None:
        verb, option = event
        side = self._theirs if verb in (WILL, WONT) else self._us
        had = side.has(option)
        self._out += side.hear(option, (verb - WILL) % 2 == 0)
        has = side.has(option)
        if option == COMPRESS2 and side is self._us:
            self._compress(has)
        if has and not had:
            return self._agreed(side, option)
        return None

    def _agreed(self, side: Side, option: int) -> Wanted | None:
        if side is self._us and option == MSSP:
            return Wanted(option)
        if side is self._us and option == CHARSET:
            self._charset_asked = True
            self._out += terminal.ASK_FOR_CHARSET
        elif side is self._theirs and option == TERMINAL_TYPE:
            self._names = ()
            self._out += terminal.ASK_FOR_TYPE
        return None

    def _heard_subnegotiation(self, event: Subnegotiation) -> Wanted | None:
        option, data = event
        if option == WINDOW_SIZE and self._theirs.has(option):
            size = terminal.window_size(data)
            if size is not None:
                width = min(max(size[0], NARROWEST), WIDEST) if size[0] else 0
                self.style = self.style._replace(width=width)
        elif option == TERMINAL_TYPE and self._theirs.has(option):
            self._named(terminal.terminal_type(data))
        elif option == CHARSET and (self._us.has(option) or self._theirs.has(option)):
            self._heard_charset(data)
        elif option == GMCP and self._us.has(option):
            return self._heard_program(data)
        return None

    def _heard_program(self, data: bytes) -> Wanted | None:
        """GMCP: what the program wants to be told; on what it is (Core.Hello) nothing here depends."""
        told = mud.read_gmcp(data)
        if told is None:
            return None
        packages = mud.supported(self.packages, *told)
        if packages is not None:
            self.packages = packages
            return Wanted(GMCP)
        if told[0].lower() == "core.ping":
            self._out += subnegotiation(GMCP, b"Core.Ping")
        return None

    def _named(self, name: str) -> None:
        """The client's next terminal type: once it repeats itself, or has told the bits of MTTS, it has no more."""
        if not name or len(self._names) >= TYPES:
            return
        last, self._names = self._names[-1:], (*self._names, name)
        bits = terminal.mtts(name)
        if bits is not None:
            quiet = bool(bits & terminal.SCREEN_READER)
            charset = self.style.charset if bits & terminal.UTF_8 or self._us.has(CHARSET) else "ascii"
            colours = bool(bits & terminal.COLOURS) and not quiet
            self.style = self.style._replace(charset=charset, colours=colours, quiet=quiet)
        elif last != (name,) and len(self._names) < TYPES:
            self._out += terminal.ASK_FOR_TYPE

    def _heard_charset(self, data: bytes) -> None:
        what, asked, chosen = data[:1], self._charset_asked, None
        if what == bytes((REQUEST,)):
            if asked:  # RFC 2066: of two who ask at once, the server is asked in vain
                self._out += terminal.REJECT_CHARSET
                return
            chosen, answer = terminal.choose_charset(data)
            self._out += answer
        elif what == bytes((TTABLE_IS,)):
            self._out += subnegotiation(CHARSET, bytes((TTABLE_REJECTED,)))
        elif asked and what in (bytes((ACCEPTED,)), bytes((REJECTED,))):
            self._charset_asked = False
            chosen = terminal.charset(data[1:]) if what == bytes((ACCEPTED,)) else None
        if chosen is not None:
            self.style = self.style._replace(charset=chosen)

    # What it is told.

    def put(self, data: bytes) -> None:
        """Say something: text as `text.write` makes it, or a sub-negotiation."""
        self._out += data

    def hide_typing(self, hidden: bool) -> None:
        """Have the client not show what is written, as a password, or show it again (RFC 857)."""
        self._out += self._us.ask(ECHO, hidden)

    def tell(self, package: str, value: Any) -> None:
        """Tell the client's program something by GMCP, if it wants that."""
        if mud.wanted(self.packages, package):
            self._out += mud.gmcp(package, value)

    def take(self) -> bytes:
        """All that is to be sent now."""
        out, self._out = self._out, b""
        if self._compressor is None:
            return out
        ready, self._ready = self._ready, b""
        return ready + self._packed(out, zlib.Z_SYNC_FLUSH) if out else ready

    def _packed(self, data: bytes, flush: int) -> bytes:
        packed: bytes = self._compressor.compress(data) + self._compressor.flush(flush)
        return packed

    def _compress(self, on: bool) -> None:
        if on is (self._compressor is not None):
            return
        if on:  # all behind this is compressed
            self._ready = self._out + subnegotiation(COMPRESS2, b"")
            self._compressor = zlib.compressobj(wbits=WINDOW, memLevel=MEMORY)
            self._out = b""
        else:
            self._out = self._ready + self._packed(self._out, zlib.Z_FINISH)
            self._ready = b""
            self._compressor = None


_HEARD: dict[type, Any] = {
    Command: Machine._heard_command,
    Negotiation: Machine._heard_negotiation,
    Subnegotiation: Machine._heard_subnegotiation,
}
