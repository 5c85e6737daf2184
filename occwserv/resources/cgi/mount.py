"""Adapter. The resource of one folder of programs, or of one program."""

import os
from collections.abc import Callable
from functools import cached_property

from ...connection import Connection
from ...http.answer import Answer
from ...http.errors import HTTPError
from ...http.head import Request
from ...roles import Resource
from ...settings import Mount as MountSettings
from ...settings import Settings
from ...settings.cgi import for_mount
from .farm import Farm
from .message import Script, environment
from .page import Page
from .script import Refused, Scripts
from .sendfile import FileAnswer, Sendfile
from .start import ends_of, prefix_of


class Mount:
    """The programs below one path of the URL.

    :param route: finds the resource of a request that a program redirects to.
    :param file_answer: answers with a file that a program names.
    """

    name = "cgi"

    def __init__(
        self,
        farm: Farm,
        scripts: Scripts,
        root: bytes,
        route: Callable[[Request], Resource],
        file_answer: FileAnswer,
    ) -> None:
        self.farm = farm
        self._root = root
        self._scripts = scripts
        self.own = own = scripts.mount
        self.settings = for_mount(farm.settings, own)
        self._route = route
        self.umask = None if own.umask is None else int(own.umask, 8)
        files = [os.path.realpath(os.fsencode(place)) for place in own.sendfile.roots]
        self.sendfile = Sendfile(own.sendfile.header.encode(), files, file_answer) if files else None
        self._base = {b"PATH": farm.settings.path.encode()}
        self._base |= {name.encode(): os.environb[name.encode()] for name in own.pass_env if name in os.environ}
        self._base |= {name.encode(): value.encode() for name, value in own.env.items()}
        self._from_header = {name.encode(): field.encode() for name, field in own.env_from_header.items()}
        self._methods = frozenset(method.encode() for method in own.methods)

    @cached_property
    def prefix(self) -> tuple[bytes, ...]:
        """The command before that of each program. Who the server is, it may not be before it serves."""
        return prefix_of(self.own)

    def serve(self, connection: Connection) -> None:
        """Answer with what a program says."""
        request = connection.request
        if self._methods and request.method not in self._methods:
            allow = ((b"Allow", b", ".join(sorted(self._methods))),)
            if request.method == b"OPTIONS":
                connection.reply(Answer(204, allow))
                return
            raise HTTPError(405, "the programs here do not take this method", allow)
        try:
            script = self._scripts.find(request)
        except Refused as error:
            self.farm.log.warn("{reason}", reason=error.reason)
            raise
        Page(self, connection, script).start()

    def told(self, connection: Connection, script: Script, length: int) -> dict[bytes, bytes]:
        """The environment of a program.

        :param length: bytes of the request's body.
        """
        ends = ends_of(connection, self.settings)
        env = environment(
            connection.request, script, ends, self._root, length, self._base, self._from_header, self.own.pass_auth
        )
        env[b"UNIQUE_ID"] = self.farm.unique()
        return env

    def pass_on(self, connection: Connection) -> None:
        """Give a connection whose request was changed to the resource of what it is now."""
        resource = self._route(connection.request)
        connection.holder = resource.name
        try:
            resource.serve(connection)
        except HTTPError as error:
            connection.fail(error)
        except Exception:
            connection.client.site.backend.crashed(connection)


def places(settings: Settings) -> dict[bytes, bytes]:
    """Where the programs of each mount are, by its path of the URL."""
    root = os.path.realpath(os.fsencode(settings.static.root))
    return {mount.mount.encode(): place_of(mount, root) for mount in settings.cgi.mounts}


def mounts(
    farm: Farm,
    settings: Settings,
    places: dict[bytes, bytes],
    route: Callable[[Request], Resource],
    file_answer: FileAnswer,
) -> tuple[dict[bytes, Mount], dict[bytes, Mount]]:
    """The resources of all mounts: those that answer one path, and those that answer all below one."""
    root = os.path.realpath(os.fsencode(settings.static.root))

    def translate(path: bytes) -> bytes:
        """The file that a path would be as a request of its own."""
        fitting = [prefix for prefix in places if path.startswith(prefix)]
        prefix = max(fitting, key=len, default=b"/")
        return places.get(prefix, root) + b"/" + path[len(prefix) :]

    below = {
        (prefix := mount.mount.encode()): Mount(
            farm, Scripts(mount, places[prefix], translate), root, route, file_answer
        )
        for mount in settings.cgi.mounts
    }
    # A mount of one program answers its own path as well, where nothing comes behind its name.
    exact = {
        prefix.rstrip(b"/"): mount
        for prefix, mount in below.items()
        if prefix != b"/" and os.path.isfile(places[prefix])
    }
    return exact, below


def place_of(mount: MountSettings, root: bytes) -> bytes:
    """The folder of a mount: without one that is set, the folder of its name below the root."""
    place = root + b"/" + mount.mount.strip("/").encode() if mount.dir is None else os.fsencode(mount.dir)
    return os.path.realpath(place)
