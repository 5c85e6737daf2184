"""Pure. What a client gets of a page: all of it, parts, nothing, or a refusal (RFC 9110 13.2.2, 14, 15.3.7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from ..http.answer import Answer, Part
from ..http.conditions import Validators, Verdict, evaluate, range_holds
from ..http.dates import http_date
from ..http.errors import HTTPError
from ..http.head import Request
from ..http.ranges import Span, last_boundary, part_head, select

Fields = list[tuple[bytes, bytes]]


class Nothing(Enum):
    """An answer without the page."""

    NOT_MODIFIED = 304
    FAILED = 412
    UNSATISFIABLE = 416


@dataclass(slots=True, frozen=True)
class Partial:
    """These spans of the page, one or several: 206."""

    spans: tuple[Span, ...]


class Whole(Enum):
    """The whole page."""

    WHOLE = 200


@dataclass(slots=True)
class Representation:
    """A page in the form that this client is sent.

    `size` is in bytes; `coding` is empty for the plain form; `varies` tells that others may be sent another form.
    `part` gives bytes of it.
    """

    size: int
    validators: Validators
    media_type: bytes
    coding: bytes
    varies: bool
    part: Callable[[Span], Part]


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
        return Whole.WHOLE
    if b"if-range" in fields and not range_holds(fields[b"if-range"], page, now):
        return Whole.WHOLE
    spans = select(wanted, size, most)
    if spans is None:
        return Whole.WHOLE
    return Partial(tuple(spans)) if spans else Nothing.UNSATISFIABLE


def answer(request: Request, page: Representation, now: float, most: int, boundary: Callable[[], str]) -> Answer:
    """The answer to a GET or HEAD of a page.

    :param boundary: makes a string that is not in the page, to stand between several ranges.
    :raise HTTPError: 412 or 416.
    """
    chosen = choose(request.method, request.fields, page.validators, page.size, now, most)
    if chosen is Nothing.FAILED:
        raise HTTPError(412, "the page is not in the state the request asks for")
    if chosen is Nothing.UNSATISFIABLE:
        raise HTTPError(416, "the page has no such range", ((b"Content-Range", b"bytes */%d" % page.size),))
    fields = page_fields(page.validators, page.varies)
    if chosen is Nothing.NOT_MODIFIED:
        return Answer(304, fields)
    fields += body_fields(page.coding)
    if chosen is Whole.WHOLE:
        fields.append((b"Content-Type", page.media_type))
        return Answer(200, fields, (page.part(Span(0, page.size)),))
    if len(chosen.spans) == 1:
        span = chosen.spans[0]
        fields += [(b"Content-Type", page.media_type), (b"Content-Range", span.content_range(page.size))]
        return Answer(206, fields, (page.part(span),))
    return _multipart(page, fields, chosen.spans, boundary().encode("ascii"))


def _multipart(page: Representation, fields: Fields, spans: tuple[Span, ...], boundary: bytes) -> Answer:
    parts: list[Part] = []
    for span in spans:
        parts += [part_head(boundary, page.media_type, span, page.size), page.part(span)]
    parts.append(last_boundary(boundary))
    return Answer(206, [*fields, (b"Content-Type", b"multipart/byteranges; boundary=" + boundary)], parts)


def page_fields(page: Validators, varies: bool) -> Fields:
    """The fields that say which state of a page an answer is about; a 304 carries them too (RFC 9110 15.4.5)."""
    fields = [(b"ETag", page.etag), (b"Last-Modified", http_date(page.modified))]
    if varies:
        fields.append((b"Vary", b"Accept-Encoding"))
    return fields


def body_fields(coding: bytes) -> Fields:
    """The fields that go with bytes of a page, all of them or some."""
    fields = [(b"Accept-Ranges", b"bytes")]
    if coding:
        fields.append((b"Content-Encoding", coding))
    return fields
