"""Pure. Preconditions (RFC 9110 13): what the client knows of the page decides what it is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from time import gmtime

from .dates import parse_http_date

_ETAG = rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_ETAGS = re.compile(rb"[ \t,]*" + _ETAG + rb"(?:[ \t]*,[ \t,]*" + _ETAG + rb")*[ \t,]*")
_EACH = re.compile(_ETAG)


class Verdict(Enum):
    """What a precondition decides: go on, 304 (Not Modified), or 412 (Precondition Failed)."""

    PROCEED = 200
    NOT_MODIFIED = 304
    FAILED = 412


@dataclass(slots=True)
class Validators:
    """What identifies one state of a page: its entity tag as sent, and its last change in whole seconds."""

    etag: bytes
    modified: int


def is_conditional(fields: Mapping[bytes, bytes]) -> bool:
    """Whether the client says which state of the page it has. Other conditions do not ask whether to send it at all."""
    return b"if-none-match" in fields or b"if-modified-since" in fields


def evaluate(method: bytes, fields: Mapping[bytes, bytes], page: Validators, now: float) -> Verdict:
    """Decide the preconditions in the order of RFC 9110 13.2.2. `If-Range` is `range_holds`.

    :param fields: header fields by lower-case name.
    :param now: seconds since 1970.
    """
    safe = method in (b"GET", b"HEAD")
    if b"if-match" in fields:
        if not matches(fields[b"if-match"], page.etag, weakly=False):
            return Verdict.FAILED
    elif b"if-unmodified-since" in fields:
        since = _date(fields[b"if-unmodified-since"], now)
        if since is not None and page.modified > since:
            return Verdict.FAILED
    if b"if-none-match" in fields:
        if matches(fields[b"if-none-match"], page.etag, weakly=True):
            return Verdict.NOT_MODIFIED if safe else Verdict.FAILED
    elif safe and b"if-modified-since" in fields:
        since = _date(fields[b"if-modified-since"], now)
        if since is not None and page.modified <= since:
            return Verdict.NOT_MODIFIED
    return Verdict.PROCEED


def range_holds(condition: bytes, page: Validators, now: float) -> bool:
    """Whether an `If-Range` condition lets a range be sent (RFC 9110 13.1.5): a strong match only."""
    if condition.startswith((b'"', b"W/")):
        return condition == page.etag and not condition.startswith(b"W/")
    # A date is a strong validator only when the page can not have changed twice in its second (8.8.2.2).
    return _date(condition, now) == page.modified and page.modified <= now - 1


def matches(condition: bytes, etag: bytes, weakly: bool) -> bool:
    """Whether a list of entity tags, or `*`, names this one (RFC 9110 8.8.3.2). A malformed list names none."""
    if condition == b"*":
        return True
    if not _ETAGS.fullmatch(condition):
        return False
    if weakly:
        return etag.removeprefix(b"W/") in (each.removeprefix(b"W/") for each in _EACH.findall(condition))
    return not etag.startswith(b"W/") and etag in _EACH.findall(condition)


def _date(value: bytes, now: float) -> int | None:
    # No date is longer, and what is remembered of dates shall not hold whole heads.
    return parse_http_date(value, gmtime(now).tm_year) if len(value) < 40 else None
