"""Pure. What a client gets of a page: all of it, parts, nothing, or a refusal (RFC 9110 13.2.2, 14, 15.3.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ..http.conditions import Validators, Verdict, evaluate, range_holds
from ..http.ranges import Span, select


class Nothing(Enum):
    """An answer without the page."""

    NOT_MODIFIED = 304
    FAILED = 412
    UNSATISFIABLE = 416


@dataclass(slots=True, frozen=True)
class Whole:
    """The whole page: 200."""


@dataclass(slots=True, frozen=True)
class Partial:
    """These spans of the page, one or several: 206."""

    spans: tuple[Span, ...]


def choose(
    method: bytes, fields: Mapping[bytes, bytes], page: Validators, size: int, now: float, most: int
) -> Nothing | Whole | Partial:
    """Decide, in the order the law gives: preconditions first, the range last.

    :param size: the page's bytes.
    :param now: seconds since 1970.
    :param most: ranges a request may ask for.
    """
    verdict = evaluate(method, fields, page, now)
    if verdict is not Verdict.PROCEED:
        return Nothing(verdict.value)
    wanted = fields.get(b"range")
    # RFC 9110 14.2: a range is for GET alone; HEAD tells of the whole page.
    if wanted is None or method != b"GET":
        return Whole()
    if b"if-range" in fields and not range_holds(fields[b"if-range"], page, now):
        return Whole()
    spans = select(wanted, size, most)
    if spans is None:
        return Whole()
    return Partial(tuple(spans)) if spans else Nothing.UNSATISFIABLE
