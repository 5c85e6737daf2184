"""Pure. Where a request goes: the resource its path names (the paper, 2.1).

Routing is a function the reader calls, not a process: a shared one would wait at a busy farm and hold up everybody.
"""

from collections.abc import Mapping

from ..http.head import Request
from ..roles import Resource


class Routes:
    """The way to the resources.

    :param exact: resources that answer one path, such as `/stats.html`.
    :param prefixes: resources that answer all paths below one, such as `/ogi/`; the longest that fits is taken.
    :param otherwise: what answers the rest.
    """

    def __init__(self, exact: Mapping[bytes, Resource], prefixes: Mapping[bytes, Resource], otherwise: Resource):
        self._exact = dict(exact)
        self._prefixes = sorted(prefixes.items(), key=lambda item: len(item[0]), reverse=True)
        self._otherwise = otherwise

    def __call__(self, request: Request) -> Resource:
        path = request.target.path
        found = self._exact.get(path)
        if found is not None:
            return found
        for prefix, resource in self._prefixes:
            if path.startswith(prefix):
                return resource
        return self._otherwise
