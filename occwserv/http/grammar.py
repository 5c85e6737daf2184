"""Pure. The characters and lists that all header fields are made of (RFC 9110 5.5, 5.6)."""

import re

TCHAR = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
"""RFC 9110 5.6.2: what a token is made of."""

VALUE = rb"[\t\x20-\x7e\x80-\xff]"
"""RFC 9110 5.5: what a field value is made of; no CR, LF, NUL or other control is among it."""

QUOTED = rb'"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"'
"""RFC 9110 5.6.4: a quoted string."""

# Values are matched to their end and stripped afterwards. To let the expression drop the blanks at the end of a
# value would make it try every run of blanks inside the value again: quadratic, and the client chooses the length.
# The two expressions are linear: no character can end a name but the colon, nor a value but the CR.
_FIELD = re.compile(rb"(" + TCHAR + rb"+):(" + VALUE + rb"*)\r\n")
_SECTION = re.compile(rb"(?:" + TCHAR + rb"++:" + VALUE + rb"*+\r\n)*+\r\n")


def parse_fields(raw: bytes, start: int = 0) -> list[tuple[bytes, bytes]] | None:
    """Split a header or trailer section, from `start` to its empty line, which must end `raw`.

    :return: (name as sent, value without blanks around it) in order, or None if a line is not a field line:
        a blank before the colon, a folded line (RFC 9112 5.1, 5.2), an odd character.
    """
    if not _SECTION.fullmatch(raw, start):
        return None
    return [(name, value.strip(b" \t")) for name, value in _FIELD.findall(raw, start)]


def tokens(value: bytes) -> list[bytes]:
    """The members of a comma-separated list, in lower case, empty ones left out (RFC 9110 5.6.1.2)."""
    return [token for part in value.lower().split(b",") if (token := part.strip(b" \t"))]
