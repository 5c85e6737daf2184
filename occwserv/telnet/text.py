"""Pure. Texts of the game as a client can show them: its character set, its width, its colours, or for a screen reader.

What comes out is bytes for the wire, bytes of 255 doubled. Texts are written by other players: no control character of
theirs gets through, in either direction.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O?[ -~])")
_CONTROLS = {code: None for code in (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_BLANKS = {**_CONTROLS, ord("\t"): " ", ord("\n"): " "}
_PLAIN = {ord(fancy): plain for fancy, plain in (
    ("‘", "'"), ("’", "'"), ("“", '"'), ("”", '"'), ("–", "-"), ("—", "-"), ("…", "..."), ("\u00a0", " "),
)}  # fmt: skip
_COLOURS = {"room": b"\x1b[1;36m", "prompt": b"\x1b[36m", "missed": b"\x1b[33m", "shout": b"\x1b[1m"}
_NO_COLOUR = b"\x1b[0m"
END = b"\r\n"
PROMPT = ">"

Heard = tuple[str, str, str]
"""A line for a player: its kind, its text, who did it (adventure/values.py)."""


class Style(NamedTuple):
    """How a client's texts look.

    `width`: columns, 0 for lines of any length. `quiet`: for a screen reader, nothing but the words.
    """

    width: int = 0
    charset: str = "utf-8"
    colours: bool = False
    quiet: bool = False


def read(data: bytes, charset: str) -> str:
    """What a client has written. Bytes that are not of its character set are taken to be of Windows-1252."""
    try:
        text = data.decode(charset)
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return text if text.isascii() and text.isprintable() else _ESCAPES.sub("", text).translate(_BLANKS)


@lru_cache(1024)
def write(text: str, kind: str, style: Style) -> bytes:
    """A line for a client, with its end. Many hear the same: who looks alike is given the same bytes."""
    text = text.translate(_BLANKS)
    lines = wrap(text, style.width) if style.width and not style.quiet else [text]
    body = END.join(encode(line, style.charset) for line in lines)
    colour = _COLOURS.get(kind, b"") if style.colours else b""
    return (b"%b%b%b\r\n" % (colour, body, _NO_COLOUR) if colour else body + END) if body else END


@lru_cache(64)
def page(lines: tuple[Heard, ...], missed: int, style: Style, behind_prompt: bool, mark: bytes | None) -> bytes:
    """All that a client is told at once. Remembered as a whole, for all who look alike and hear it in this moment.

    :param lines: a welcome was in the greeting, and is left out. :param missed: lines before them that are lost.
    :param behind_prompt: what it was sent last is a prompt. :param mark: what ends the prompt behind the lines; None:
        there is none.
    """
    told = [END] if behind_prompt else []
    if missed:
        told.append(write(f"({missed} line{'' if missed == 1 else 's'} missed)", "missed", style))
    for kind, text, _ in lines:
        if kind == "room" and not style.quiet:
            told.append(END)
        if kind != "welcome":
            told.append(write(text, kind, style))
    if mark is not None:
        told += (b"" if style.quiet else prompt(PROMPT, style), mark)
    return b"".join(told)


def prompt(text: str, style: Style) -> bytes:
    """As `write`, of a text behind which the client writes."""
    body = encode(text.translate(_BLANKS), style.charset)
    return b"%b%b%b " % (_COLOURS["prompt"], body, _NO_COLOUR) if style.colours else body + b" "


def encode(text: str, charset: str) -> bytes:
    """The bytes of a text for the wire; characters that the character set does not have become like ones, or `?`."""
    if charset != "utf-8" and not text.isascii():
        text = text.translate(_PLAIN)
    return text.encode(charset, "replace").replace(b"\xff", b"\xff\xff")


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of at most so many columns; a word that is longer is cut."""
    if columns(text) <= width:
        return [text]
    lines, line, used = [], "", 0
    for word in text.split(" "):
        wide = columns(word)
        if line and used + 1 + wide <= width:
            line, used = f"{line} {word}", used + 1 + wide
            continue
        if line:
            lines.append(line)
        while wide > width:
            cut = fitting(word, width)
            lines.append(word[:cut])
            word = word[cut:]
            wide = columns(word)
        line, used = word, wide
    return [*lines, line]


def columns(text: str) -> int:
    """How wide a text is on a terminal."""
    return len(text) if text.isascii() else sum(map(_column, text))


def fitting(text: str, width: int) -> int:
    """How many characters of a text fit into a width; at least one."""
    used = 0
    for count, letter in enumerate(text):
        used += _column(letter)
        if used > width and count:
            return count
    return len(text)


def _column(letter: str) -> int:
    return 0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
