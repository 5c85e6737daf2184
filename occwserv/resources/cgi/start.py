"""Adapter. What the start of a CGI program needs besides the request, and what it means when it can not be started."""

import errno
import os
import platform
import pwd
import resource
import shutil
from functools import lru_cache

from ... import __version__
from ...connection import Connection
from ...http.errors import HTTPError, Unavailable
from ...settings import Cgi, Mount, Rlimits
from .message import Ends

AGAIN = 5
"""Seconds after which a client may ask again for what could not be run."""

_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC))
SOFTWARE = {
    "name": b"occwserv",
    "version": b"occwserv/" + __version__.encode(),
    "full": f"occwserv/{__version__} ({platform.system()}) Python/{platform.python_version()}".encode(),
}
"""What SERVER_SOFTWARE is, by the setting `cgi.software`."""
_LIMITS = {"cpu": "CPU", "memory": "AS", "processes": "NPROC", "files": "NOFILE", "file": "FSIZE", "core": "CORE"}


@lru_cache(maxsize=256)
def bounds_of(settings: Rlimits) -> tuple[tuple[int, int], ...]:
    """The limits that are set, as the system knows them."""
    bounds = {_LIMITS[name]: getattr(settings, name) for name in _LIMITS}
    return tuple((getattr(resource, f"RLIMIT_{name}"), bound) for name, bound in bounds.items() if bound is not None)


def refusal(error: OSError | ValueError) -> HTTPError:
    """The answer when a program can not be started."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _EXHAUSTED:
        return Unavailable("the server can run no further program now", AGAIN)
    if number == errno.EACCES:
        return HTTPError(403, "the program may not be run")
    return HTTPError(502, "the program can not be run")


def explained(error: OSError | ValueError) -> str:
    """What is logged of it."""
    if not isinstance(error, OSError):
        return str(error)
    hint = {errno.ENOENT: ": is its interpreter there?", errno.ENOEXEC: ": is its first line #!INTERPRETER?"}
    return f"{os.strerror(error.errno)}{hint.get(error.errno, '')}"


def ends_of(connection: Connection, settings: Cgi) -> Ends:
    """The ends of a connection.

    What the client calls the server counts only if it is among the names of the settings: a name that the client chose
    freely would come back in links and redirects that programs make of it.
    """
    names, transport = settings.names, connection.client.transport
    here, peer = transport.getHost(), transport.getPeer()
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
        SOFTWARE[settings.software],
        secured(transport.getHandle()) if hasattr(transport, "getPeerCertificate") else None,
    )


def secured(handle) -> tuple[tuple[bytes, bytes], ...]:
    """What is told of TLS.

    :param handle: an OpenSSL connection.
    """
    said = {b"SSL_PROTOCOL": handle.get_protocol_version_name(), b"SSL_CIPHER": handle.get_cipher_name()}
    return tuple((name, value.encode()) for name, value in said.items() if value)


def prefix_of(mount: Mount) -> tuple[bytes, ...]:
    """The command before a program's own, by which it has another user, or processes of its own.

    The programs are those of util-linux: `posix_spawn` knows nothing of users, and what Python could do between a fork
    and an exec is not safe in a server.
    """
    command: list[str] = []
    if mount.namespace:
        command += [tool("unshare"), "--pid", "--fork", "--kill-child"]
        if os.geteuid():
            command += ["--user", "--map-current-user"]  # only root may do it without
        command.append("--")
    if mount.user is not None or mount.group is not None:
        command.append(tool("setpriv"))
        if mount.user is not None:
            group = mount.group or str(pwd.getpwnam(mount.user).pw_gid)
            command += [f"--reuid={mount.user}", f"--regid={group}", "--init-groups"]
        else:
            command += [f"--regid={mount.group}", "--clear-groups"]
        command.append("--")
    return tuple(map(os.fsencode, command))


def tool(name: str) -> str:
    """The path of a program of util-linux; its name, if it is not there, which will be told when it is wanted."""
    return shutil.which(name, path="/usr/bin:/bin:/usr/local/bin") or name
