"""Pure. One line of the access log in the common or the combined format.

Whatever a client sends is in the line only as visible ASCII without quotes and backslashes: nothing in a request can
end the line, or forge another field or another line.
"""

import re
from functools import lru_cache
from time import gmtime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNSAFE = re.compile(rb"[^\x20\x21\x23-\x5b\x5d-\x7e]")


def escape(value: bytes) -> bytes:
    r"""Write every byte that could break a log line as `\xHH`."""
    return _UNSAFE.sub(lambda found: b"\\x%02x" % found[0][0], value)


@lru_cache(4)
def log_time(seconds: int) -> bytes:
    """A time as `[21/Nov/2026:13:55:36 +0000]`; always UTC, so that a log has no hour twice."""
    year, month, day, hour, minute, second, *_ = gmtime(seconds)
    text = f"[{day:02}/{_MONTHS[month - 1]}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000]"
    return text.encode("ascii")


def common(address: str, seconds: float, line: bytes, status: int, sent: int) -> bytes:
    """`address - - [time] "request line" status bytes`, where the bytes are those of the body."""
    return b'%b - - %b "%b" %d %d' % (
        address.encode("ascii", "replace"),
        log_time(int(seconds)),
        escape(line),
        status,
        sent,
    )


def combined(address: str, seconds: float, line: bytes, status: int, sent: int, fields: dict[bytes, bytes]) -> bytes:
    """The common format with the referer and the user agent behind it."""
    return b'%b "%b" "%b"' % (
        common(address, seconds, line, status, sent),
        escape(fields.get(b"referer", b"-")),
        escape(fields.get(b"user-agent", b"-")),
    )
