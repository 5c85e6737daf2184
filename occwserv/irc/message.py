"""Pure. A line of IRC, and what it says: tags, source, command, parameters (modern.ircdocs.horse, RFC 1459 2.3).

Reading never fails: whatever a line holds, there is something that it says, or nothing. Writing never makes two lines
of one: what would end a line is a space in it.
"""

import re
from typing import NamedTuple

LINE = 512
"""Bytes of a line with its end, without its tags (RFC 1459 2.3)."""

TAGS = 8191
"""Bytes of the tags before a line (IRCv3 message-tags)."""

_ESCAPES = {";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"}
_MEANT = {escape[1]: meant for meant, escape in _ESCAPES.items()}
_ENDS = str.maketrans("\r\n\0", "   ")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_STRICT = str.maketrans("[]\\", "{}|")
_FOLDED = {
    "rfc1459": str.maketrans("[]\\~", "{}|^"), "rfc1459-strict": _STRICT, "strict-rfc1459": _STRICT,
}  # fmt: skip


class Source(NamedTuple):
    """Who a line is from: a person, or a server, of whom there is the name alone."""

    nick: str
    user: str = ""
    host: str = ""

    def __str__(self) -> str:
        return self.nick + (f"!{self.user}" if self.user else "") + (f"@{self.host}" if self.host else "")

    @property
    def place(self) -> str:
        """Where the person is: what stays when the nickname changes."""
        return f"{self.user}@{self.host}"


class Message(NamedTuple):
    """One line. `command` is in capitals, as it is compared; `source` is as it came."""

    command: str
    params: tuple[str, ...] = ()
    source: str = ""
    tags: dict[str, str] = {}

    def param(self, number: int) -> str:
        """A parameter; one that is not there is empty."""
        return self.params[number] if -len(self.params) <= number < len(self.params) else ""

    @property
    def sender(self) -> Source:
        """Its source, taken apart."""
        return parse_source(self.source)


def parse(line: str) -> Message | None:
    """What a line says, without its end; None when that is nothing."""
    tags: dict[str, str] = {}
    source = ""
    rest = line.lstrip(" ")
    if rest.startswith("@"):
        said, _, rest = rest[1:].partition(" ")
        tags = parse_tags(said)
        rest = rest.lstrip(" ")
    if rest.startswith(":"):
        source, _, rest = rest[1:].partition(" ")
    middle, colon, trailing = f" {rest}".partition(" :")
    words = [word for word in middle.split(" ") if word]
    if not words:
        return None
    return Message(words[0].upper(), (*words[1:], *([trailing] if colon else ())), source, tags)


def parse_tags(said: str) -> dict[str, str]:
    """The tags of a line; one without a value has an empty one."""
    pairs = (tag.partition("=") for tag in said.split(";"))
    return {key: re.sub(r"\\(.?)", _meant, value) for key, _, value in pairs if key}


def _meant(escape: re.Match[str]) -> str:
    return _MEANT.get(escape[1], escape[1])


def form(command: str, *params: str, source: str = "", tags: dict[str, str] | None = None) -> str:
    """A line, without its end. Only the last parameter can be empty, hold a space, or begin with a colon."""
    words = []
    if tags:
        words.append("@" + ";".join(key + (f"={_escaped(value)}" if value else "") for key, value in tags.items()))
    if source:
        words.append(f":{source}")
    *middle, last = (command, *params)
    words += middle
    free = bool(params) and (not last or " " in last or last.startswith(":") or last.translate(_ENDS) != last)
    words.append(f":{last}" if free else last)
    return " ".join(words).translate(_ENDS)


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in value)


def parse_source(source: str) -> Source:
    """`nick!user@host`, of which the parts behind the first may be missing."""
    rest, _, host = source.partition("@")
    nick, _, user = rest.partition("!")
    return Source(nick, user, host)


def fold(name: str, mapping: str = "rfc1459") -> str:
    """A nickname or a channel as names are compared there: ISUPPORT's CASEMAPPING.

    One that is not known is taken for `ascii`: better two names for one person than two people by one name.
    """
    lower = "".join(chr(ord(each) + 32) if "A" <= each <= "Z" else each for each in name)
    return lower.translate(_FOLDED.get(mapping, {}))


def matches(mask: str, text: str) -> bool:
    """Whether a text is like a mask, in which `*` stands for anything and `?` for one character; any case will do.

    In time proportional to both lengths at most: masks come from clients.
    """
    mask, text = mask.lower(), text.lower()
    at = star = -1
    place = after = 0
    while place < len(text):
        at += 1
        if at < len(mask) and mask[at] == "*":
            star, after = at, place
        elif at < len(mask) and mask[at] in ("?", text[place]):
            place += 1
        elif star >= 0:  # the last star stands for one more
            at, after = star, after + 1
            place = after
        else:
            return False
    return not mask[at + 1 :].strip("*")


def is_hostname(name: str) -> bool:
    """Whether a name can be a server's: it has a dot, and its labels are as DNS wants them (RFC 1123 2.1)."""
    labels = name.split(".")
    return len(labels) > 1 and len(name) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def is_channel(name: str, kinds: str = "#&+!") -> bool:
    """Whether a target is a channel and not a person."""
    return name[:1] != "" and name[0] in kinds
