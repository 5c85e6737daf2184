"""Pure. Text on IRC: bytes of people who use another encoding, lines that are too long, and what is no text at all."""

import re
from collections.abc import Iterator
from unicodedata import combining

SENDERS = 1000
"""Those whose encoding is remembered; the one that was silent the longest is forgotten for a new one."""

_FORMATS = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_STYLES = re.compile(r"[\x02\x0f\x11\x16\x1d-\x1f]")


_WINDOWS = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(128, 160)}


class Decoder:
    """Reads lines that are UTF-8, or else what their sender has used before.

    Bytes that are UTF-8 throughout hardly ever mean anything else. One whose text was UTF-8 before, and is not now,
    had it cut in the middle of a character; everybody else's is Windows-1252, or Latin-1 where that has no character.
    """

    def __init__(self, senders: int = SENDERS) -> None:
        self._senders = senders
        self._utf8: dict[bytes, bool] = {}

    def read(self, line: bytes) -> str:
        """A line, whatever its bytes are."""
        if line.isascii():
            return line.decode("ascii")
        sender = sender_of(line)
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            if self._utf8.get(sender) and error.reason == "unexpected end of data":
                return line[: error.start].decode()
            self._remember(sender, False)
            return read_legacy(line)
        self._remember(sender, True)
        return text

    def _remember(self, sender: bytes, utf8: bool) -> None:
        self._utf8.pop(sender, None)
        self._utf8[sender] = utf8
        if len(self._utf8) > self._senders:
            del self._utf8[next(iter(self._utf8))]


def sender_of(line: bytes) -> bytes:
    """The source of a line, as bytes; nothing if it has none."""
    if line.startswith(b"@"):
        line = line.partition(b" ")[2].lstrip(b" ")
    return line[1:].partition(b" ")[0] if line.startswith(b":") else b""


def read_legacy(data: bytes) -> str:
    """Windows-1252; the five bytes that have no character there are Latin-1's."""
    return data.decode("latin-1").translate(_WINDOWS)


def clean(text: str) -> str:
    """A text without colours, styles and control characters: what it says."""
    return _CONTROLS.sub(" ", _STYLES.sub("", _FORMATS.sub("", text))).strip()


def split(text: str, room: int) -> Iterator[str]:
    """Pieces of at most `room` bytes of UTF-8 (4, if that is less), between words where there are any.

    A word is cut between characters, and not before an accent, unless there are more of those than fit.
    """
    room = max(room, 4)  # a longest character
    while len(data := text.encode("utf-8", "replace")) > room:
        most = len(data[:room].decode("utf-8", "ignore"))
        border = text.rfind(" ", 1, most + 1)
        if border > 0 and text[:border].strip():
            yield text[:border].rstrip(" ")
            text = text[border:].lstrip(" ")
            continue
        cut = most
        while cut > 1 and (combining(text[cut]) or text[cut] == "\u200d" or text[cut - 1] == "\u200d"):
            cut -= 1
        cut = cut if cut > 1 or not combining(text[1]) else most
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text


def join(texts: list[str], room: int, between: str = " / ") -> list[str]:
    """Texts as few lines of at most `room` bytes: short ones share a line, long ones are cut."""
    lines: list[str] = []
    for text in texts:
        for piece in split(text, room):
            together = f"{lines[-1]}{between}{piece}" if lines else ""
            if lines and len(together.encode("utf-8", "replace")) <= room:
                lines[-1] = together
            else:
                lines.append(piece)
    return lines
