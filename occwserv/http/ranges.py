"""Pure. Range requests (RFC 9110 14): which bytes of a page are sent, and how several ranges are framed."""

import re
from dataclasses import dataclass

_SPEC = re.compile(rb"[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*")
_MERGE = 80
"""Two ranges nearer than this are sent as one: the part header between them would be longer (RFC 9110 15.3.7.2)."""


@dataclass(slots=True, frozen=True)
class Span:
    """`length` bytes from `offset` on."""

    offset: int
    length: int

    @property
    def stop(self) -> int:
        """Where it has ended: behind its last byte."""
        return self.offset + self.length

    def content_range(self, size: int) -> bytes:
        """The value of `Content-Range` for this span of a page of `size` bytes (RFC 9110 14.4)."""
        return b"bytes %d-%d/%d" % (self.offset, self.stop - 1, size)


def select(value: bytes, size: int, most: int) -> list[Span] | None:
    """Which spans a `Range` field asks for, in its order, near ones joined.

    :param size: the page's bytes.
    :param most: ranges a request may ask for; more look like an attack, and get the whole page (RFC 9110 14.2).
    :return: None to send the whole page (no range, another unit, nonsense), an empty list for 416.
    """
    unit, equals, specs = value.partition(b"=")
    if not equals or unit.strip().lower() != b"bytes" or specs.count(b",") > 4 * most:
        return None
    spans: list[Span] = []
    parts = [part for part in specs.split(b",") if part.strip(b" \t")]
    if not parts or len(parts) > most:
        return None
    for part in parts:
        spec = _SPEC.fullmatch(part)
        if spec is None or any(len(number) > 19 for number in spec.groups() if number):
            return None
        first, last, suffix = spec.groups()
        if first is None:
            start, stop = max(size - int(suffix), 0), size
            if not size and int(suffix):
                return None  # RFC 9110 14.1.2: satisfiable, but no Content-Range can name a part of an empty page
        else:
            start, stop = int(first), min(int(last) + 1, size) if last else size
            if last and int(last) < int(first):
                return None  # RFC 9110 14.1.1: an invalid int-range makes the whole field invalid
        if start < stop:
            spans.append(Span(start, stop - start))
    merged = _merge(spans)
    # As much as the page or more: several ranges would only cost headers.
    if len(merged) > 1 and sum(span.length for span in merged) >= size:
        return None
    return merged


def _merge(spans: list[Span]) -> list[Span]:
    """Join near spans; each stands where the first of those that it was made of stood."""
    merged: list[tuple[int, Span]] = []
    for place, span in sorted(enumerate(spans), key=lambda item: item[1].offset):
        if merged and span.offset <= merged[-1][1].stop + _MERGE:
            first, other = merged[-1]
            stop = max(other.stop, span.stop)
            merged[-1] = min(first, place), Span(other.offset, stop - other.offset)
        else:
            merged.append((place, span))
    return [span for _, span in sorted(merged, key=lambda item: item[0])]


def part_head(boundary: bytes, media_type: bytes, span: Span, size: int) -> bytes:
    """What stands before one part of a `multipart/byteranges` body (RFC 9110 14.6)."""
    return b"\r\n--%b\r\nContent-Type: %b\r\nContent-Range: %b\r\n\r\n" % (
        boundary, media_type, span.content_range(size),
    )  # fmt: skip


def last_boundary(boundary: bytes) -> bytes:
    """What stands behind the last part."""
    return b"\r\n--%b--\r\n" % boundary
