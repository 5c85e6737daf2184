"""Pure. From a request target to a path below a root, or to a refusal: the way out of the root is closed here.

The target's path has been decoded once. What remains is refused here by what it *is*, not by how it was spelled:
a segment that goes up, a hidden file, a separator of another system, a slash that was sent escaped.
"""

import re
from urllib.parse import quote_from_bytes

from ..http.errors import HTTPError
from ..http.target import Target

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_SLASHES = re.compile(rb"/{2,}")
_PLAIN = re.compile(rb"(?=.{1,255}$)(?:/[A-Za-z0-9_\-][A-Za-z0-9_\-.]*)*/?")
NAME_MAX = 255
"""Bytes a file name may have on every file system in use."""


def relative_path(target: Target) -> bytes:
    """The path of a target below the root: no leading slash, a slash at the end for a folder, "" for the root.

    :raise HTTPError: 404 for whatever must not be looked for; that it might exist is not told.
    """
    return target.raw_path[1:] if is_plain(target.raw_path) else look_closely(target)


def is_plain(path: bytes) -> bool:
    """Whether a path as sent is like nearly every other: none of the questions of `look_closely` arises."""
    return _PLAIN.fullmatch(path) is not None


def look_closely(target: Target) -> bytes:
    """The same as `relative_path`, for any path."""
    path = _SLASHES.sub(b"/", target.path)
    if target.hides_slash or b"\\" in path or _CONTROL.search(path):
        raise HTTPError(404, "the path has characters that no page of this server has")
    for segment in path.split(b"/"):
        # `.well-known` is the one hidden folder that is made for the web (RFC 8615).
        if segment.startswith(b".") and segment != b".well-known":
            raise HTTPError(404, "hidden files are not served")
        if len(segment) > NAME_MAX:
            raise HTTPError(404, "no file has so long a name")
    return path[1:]


def escape_path(path: bytes) -> bytes:
    """A path below the root as it may stand in a Location field or a link: begins with exactly one slash."""
    return b"/" + quote_from_bytes(path, safe="/~!$&'()*+,;=:@").encode("ascii")
