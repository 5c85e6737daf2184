"""Pure. Which coding of a page the client takes (RFC 9110 12.4.2, 12.5.3)."""

import re
from collections.abc import Sequence
from functools import lru_cache

_MEMBER = re.compile(rb"([^\s;,]+)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?")
_ALIASES = {b"x-gzip": b"gzip"}


@lru_cache(256)
def qualities(accept: bytes) -> dict[bytes, float]:
    """The weight the client gives each coding, by lower-case name; members that are not valid are left out."""
    weights: dict[bytes, float] = {}
    for part in accept.split(b","):
        member = _MEMBER.fullmatch(part.strip(b" \t"))
        if member is not None:
            name = member[1].lower()
            weights[_ALIASES.get(name, name)] = float(member[2]) if member[2] else 1.0
    return weights


def choose_coding(accept: bytes | None, available: Sequence[bytes]) -> bytes | None:
    """The coding to send, or None for the plain page.

    :param accept: the `Accept-Encoding` field, None if it was not sent (the plain page: such clients are old).
    :param available: the codings there are, the server's favourite first, which decides between equal weights.
    """
    # No browser's field is that long, and what is remembered of fields shall not hold whole heads.
    if not accept or len(accept) > 1024 or not available:
        return None
    weights = qualities(accept)
    others = weights.get(b"*", 0.0)
    best, weight = None, weights.get(b"identity", 0.0)
    for coding in available:
        given = weights.get(coding, others)
        if given > 0 and (given > weight or (best is None and given == weight)):
            best, weight = coding, given
    return best
