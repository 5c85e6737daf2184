"""Pure. One line of the access log in the common or the combined format: origin, time, and the rest.

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


def log_time(seconds: int) -> bytes:
    """A time as `[21/Nov/2026:13:55:36 +0000]`; always UTC, so that a log has no hour twice."""
    year, month, day, hour, minute, second, *_ = gmtime(seconds)
    text = f"[{day:02}/{_MONTHS[month - 1]}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000]"
    return text.encode("ascii")


@lru_cache(4096)
def origin(address: str) -> bytes:
    """The beginning of a line: whose request it was."""
    return address.encode("ascii", "replace") + b" - - "


def request_line(line: bytes) -> bytes:
    """What follows the time: the request line in quotes. Behind it come the status and the bytes of the body."""
    return b' "%b"' % escape(line)


@lru_cache(1024)
def outcome(status: int, sent: int) -> bytes:
    """What follows the request line: the status, and how many bytes of a body were sent."""
    return b" %d %d" % (status, sent)


def common(fields: dict[bytes, bytes]) -> bytes:
    """What the common format has of the fields, at the end of the line: nothing."""
    return b""


def combined(fields: dict[bytes, bytes]) -> bytes:
    """What the combined format has of the fields: the referer and the user agent."""
    referer, agent = fields.get(b"referer", b"-"), fields.get(b"user-agent", b"-")
    return b' "%b" "%b"' % (escape(referer), escape(agent))
