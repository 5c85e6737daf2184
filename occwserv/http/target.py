"""Pure. The request target (RFC 9112 3.2): its four forms, its path decoded once, the authority it names."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from .errors import BadRequest

_ABSOLUTE = re.compile(rb"(?i:https?)://([^/?]*)(/[^?]*)?(?:\?(.*))?")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(
    rb"(?:\[(?:([0-9A-Fa-f:.]+)|v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+)\]"  # RFC 3986 3.2.2: IP-literal
    rb"|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)"  # reg-name, IPv4address
    rb"(?::[0-9]*)?"
)


@dataclass(slots=True)
class Target:
    """Where a request goes.

    `raw` is as sent. `raw_path` and `query` (None without a `?`) are parts of it; `path` is `raw_path` with its
    escapes decoded, once. For `OPTIONS *` the path is `*`; for CONNECT it is the authority. `authority` is set
    when the target itself names one, which then beats the Host field (RFC 9112 3.2.2).
    """

    raw: bytes
    raw_path: bytes
    path: bytes
    query: bytes | None = None
    authority: bytes | None = None

    @property
    def climbs(self) -> bool:
        """Whether the path as sent goes up: no browser sends `/../`; such a request is dropped (the paper, 2.1)."""
        return b"/../" in self.raw_path

    @property
    def hides_slash(self) -> bool:
        """Whether a slash was sent as `%2F`, so that the decoded path has more segments than the one sent."""
        return b"%2" in self.raw_path and b"%2f" in self.raw_path.lower()


def parse_target(method: bytes, raw: bytes) -> Target:
    """Read a request target, whose characters the request line has already confined to visible ASCII.

    :raise BadRequest: for a form that does not go with the method, a fragment, a bad escape or an escaped NUL.
    """
    if b"#" in raw:
        raise BadRequest("the request target has a fragment (#), which belongs to the browser alone")
    if method == b"CONNECT":
        host, _, port = raw.rpartition(b":")
        if not host or not is_host(raw) or not port.isdigit() or len(port) > 5 or not 0 < int(port) < 65536:
            raise BadRequest("the target of CONNECT is not host:port")  # RFC 9110 9.3.6
        return Target(raw, raw, raw, authority=raw)
    if raw.startswith(b"/"):
        path, mark, query = raw.partition(b"?")
        return Target(raw, path, decode(path), query if mark else None)
    if raw == b"*":
        if method != b"OPTIONS":
            raise BadRequest("the request target * is for OPTIONS alone")
        return Target(raw, raw, raw)
    absolute = _ABSOLUTE.fullmatch(raw)
    if absolute is None:
        raise BadRequest("the request target is neither a path nor a http URL")
    authority, sent, query = absolute.groups()
    if not authority or authority.startswith(b":") or not is_host(authority):
        raise BadRequest("the request target names no valid host")
    if sent is None and query is None and method == b"OPTIONS":
        return Target(raw, b"*", b"*", authority=authority)  # RFC 9112 3.2.4
    path = sent or b"/"
    return Target(raw, path, decode(path), query, authority)


def decode(path: bytes) -> bytes:
    """Undo the percent-encoding of a path, exactly once."""
    if b"%" not in path:
        return path
    if _BAD_ESCAPE.search(path):
        raise BadRequest("the path has a % without two hexadecimal digits after it")
    if b"%00" in path:
        raise BadRequest("the path has an escaped NUL")
    return _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode("ascii")), path)


def is_host(value: bytes) -> bool:
    """Whether the value is what a Host field may hold: uri-host [":" port] (RFC 9110 7.2). It may be empty."""
    host = _HOST.fullmatch(value)
    return host is not None and (host[1] is None or _is_ipv6(host[1]))


def _is_ipv6(value: bytes) -> bool:
    try:
        IPv6Address(value.decode("ascii"))
    except AddressValueError:
        return False
    return True
