"""Pure. What a client tells of its terminal: its size, its kind, its character set."""

import struct

from .codes import ACCEPTED, CHARSET, REJECTED, REQUEST, SEND, TERMINAL_TYPE, subnegotiation

COLOURS, UTF_8, SCREEN_READER = 1 | 8, 4, 64
"""Bits of MTTS, the number in a terminal type such as `MTTS 137`: ANSI or 256 colours, and so on."""

# What is spoken: the names of RFC 2066 and what Python calls them, the preferred first.
CHARSETS = {
    "UTF-8": "utf-8", "ISO-8859-1": "latin-1", "ISO-8859-15": "iso8859-15", "WINDOWS-1252": "cp1252",
    "US-ASCII": "ascii",
}  # fmt: skip
LONGEST_NAME = 40
"""Characters of a terminal's name that are kept."""

ASK_FOR_TYPE = subnegotiation(TERMINAL_TYPE, bytes((SEND,)))
ASK_FOR_CHARSET = subnegotiation(CHARSET, bytes((REQUEST,)) + b"".join(b";" + name.encode() for name in CHARSETS))
REJECT_CHARSET = subnegotiation(CHARSET, bytes((REJECTED,)))


def window_size(data: bytes) -> tuple[int, int] | None:
    """Columns and rows of RFC 1073, each 0 if the client does not know it."""
    return struct.unpack("!HH", data) if len(data) == 4 else None


def terminal_type(data: bytes) -> str:
    """The name in the answer IS of RFC 1091, in capitals; empty if it is no answer."""
    return data[1:].decode("ascii", "replace").strip().upper()[:LONGEST_NAME] if data[:1] == b"\0" else ""


def mtts(name: str) -> int | None:
    """The bits of a terminal type such as `MTTS 137`; None if it is no such."""
    word, _, number = name.partition(" ")
    return int(number) if word == "MTTS" and number.isascii() and number.isdigit() and len(number) < 9 else None


def charset(name: bytes) -> str | None:
    """What Python calls a character set that is spoken here."""
    return CHARSETS.get(name.decode("ascii", "replace").strip().upper())


def choose_charset(data: bytes) -> tuple[str | None, bytes]:
    """The first character set of a client's REQUEST (RFC 2066) that is spoken here, and the answer."""
    offered = data[1:]
    if offered.startswith(b"[TTABLE]"):
        offered = offered[9:]  # and the version: translation tables are not spoken
    for name in offered[1:].split(offered[:1]) if len(offered) > 1 else ():
        found = charset(name)
        if found is not None:
            return found, subnegotiation(CHARSET, bytes((ACCEPTED,)) + name)
    return None, REJECT_CHARSET
