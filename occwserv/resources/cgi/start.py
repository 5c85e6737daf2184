"""Adapter. What the start of a CGI program needs besides the request, and what it means when it can not be started."""

import errno
import os
import resource
from collections.abc import Sequence

from ...connection import Connection
from ...http.errors import HTTPError
from ...settings import Rlimits
from .message import Ends

AGAIN = ((b"Retry-After", b"5"),)
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC))
_LIMITS = {"cpu": "CPU", "memory": "AS", "processes": "NPROC", "files": "NOFILE", "file": "FSIZE", "core": "CORE"}


def bounds_of(settings: Rlimits) -> list[tuple[int, int]]:
    """The limits that are set, as the system knows them."""
    bounds = {_LIMITS[name]: getattr(settings, name) for name in _LIMITS}
    return [(getattr(resource, f"RLIMIT_{name}"), bound) for name, bound in bounds.items() if bound is not None]


def refusal(error: OSError | ValueError) -> HTTPError:
    """The answer when a program can not be started."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _EXHAUSTED:
        return HTTPError(503, "the server can run no further program now", AGAIN)
    if number == errno.EACCES:
        return HTTPError(403, "the program may not be run")
    return HTTPError(502, "the program can not be run")


def explained(error: OSError | ValueError) -> str:
    """What is logged of it."""
    if not isinstance(error, OSError):
        return str(error)
    hint = {errno.ENOENT: ": is its interpreter there?", errno.ENOEXEC: ": is its first line #!INTERPRETER?"}
    return f"{os.strerror(error.errno)}{hint.get(error.errno, '')}"


def ends_of(connection: Connection, names: Sequence[str]) -> Ends:
    """The ends of a connection.

    :param names: what the server is called. What the client calls it counts only if it is among them: a name that the
        client chose freely would come back in links and redirects that programs make of it.
    """
    here, peer = connection.client.transport.getHost(), connection.client.transport.getPeer()
    address = getattr(here, "host", "localhost")
    request = connection.request
    asked = request.target.authority or request.fields.get(b"host", b"")
    asked = asked.decode("latin-1").lower()
    asked = asked.partition("]")[0] + "]" if asked.startswith("[") else asked.partition(":")[0]
    if names:
        name = asked if asked in [each.lower() for each in names] else names[0]
    else:
        name = f"[{address}]" if ":" in address else address
    return Ends(
        name.encode(),
        address.encode(),
        getattr(here, "port", 80),
        connection.client.address.partition("%")[0].encode(),
        getattr(peer, "port", 0),
    )
