"""Pure. HTTP dates (RFC 9110 5.6.7), read in the three forms and written in the one."""

import re
from calendar import monthrange, timegm
from functools import lru_cache
from time import gmtime

_DAYS = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_MONTH = b"(" + b"|".join(_MONTHS) + b")"
_TIME = rb"(\d\d):(\d\d):(\d\d)"

_FIXDATE = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) " + _MONTH + rb" (\d{4}) " + _TIME + rb" GMT")
_RFC850 = re.compile(rb"[MTWFS][a-z]{2,5}day, (\d\d)-" + _MONTH + rb"-(\d\d) " + _TIME + rb" GMT")
_ASCTIME = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) " + _MONTH + rb" ([ \d]\d) " + _TIME + rb" (\d{4})")


@lru_cache(4096)  # one for each page that is asked for, and the one of this second
def http_date(seconds: int) -> bytes:
    """A time (seconds since 1970) as `Sun, 06 Nov 1994 08:49:37 GMT`."""
    year, month, day, hour, minute, second, weekday, *_ = gmtime(seconds)
    return b"%b, %02d %b %04d %02d:%02d:%02d GMT" % (
        _DAYS[weekday], day, _MONTHS[month - 1], year, hour, minute, second,
    )  # fmt: skip


@lru_cache(256)
def parse_http_date(value: bytes, this_year: int) -> int | None:
    """Seconds since 1970, or None when the value is no date and the field is to be ignored.

    :param this_year: decides the century of a two-digit year: never over 50 years ahead (RFC 9110 5.6.7).
    """
    if date := _FIXDATE.fullmatch(value):
        day, month, year, *time = date.groups()
    elif date := _RFC850.fullmatch(value):
        day, month, short, *time = date.groups()
        full = this_year - this_year % 100 + int(short)
        year = b"%d" % (full - 100 if full > this_year + 50 else full)
    elif date := _ASCTIME.fullmatch(value):
        month, day, *time, year = date.groups()
    else:
        return None
    hour, minute, second = (int(part) for part in time)
    number = _MONTHS.index(month) + 1
    if int(year) < 1 or not 1 <= int(day) <= monthrange(int(year), number)[1]:
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    return timegm((int(year), number, int(day), hour, minute, second))
