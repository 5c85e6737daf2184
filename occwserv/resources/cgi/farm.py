"""Adapter. The farm of CGI programs (the paper, 2.3: `cgi.farm`): so many run at once, so many requests wait for one to
end, for so long; everybody else is told to come again.

A `Mount` is the resource of one folder of programs, and all mounts share the farm. The life of one request is in
`page`, as in the paper.
"""

import os
from collections import Counter, deque
from collections.abc import Callable
from functools import partial

from twisted.logger import Logger

from ...connection import Connection
from ...http.answer import Answer
from ...http.errors import HTTPError
from ...http.head import Request
from ...net.launch import keep_descriptors
from ...roles import Resource
from ...settings import Cgi, Settings
from ...settings import Mount as MountSettings
from .log import Rate, ScriptFile
from .page import Page
from .script import Refused, Scripts
from .start import AGAIN

LOOK = 0.1
"""Seconds between two looks at the programs that run: how late it may be noticed that one takes too long."""
URL = 200
"""Characters of a URL that the statistics show."""


class Farm:
    """The places where programs run.

    :param reactor: for time, pipes and threads.
    """

    log = Logger("occwserv.cgi")

    def __init__(self, reactor, settings: Cgi) -> None:
        self.reactor = reactor
        self._running: dict[int, Page] = {}
        self._waiting: deque[Page] = deque()
        self._ending: dict[int, Page] = {}  # their programs have said all, and will exit in a moment
        self.counts: Counter[str] = Counter(started=0, refused=0, failed=0, timed_out=0, left=0, redirected=0)
        self._starting: deque[Page] = deque()  # they have a place, and start in the next turns
        self._paced = False  # one has been started in this turn
        self._looking = False
        loop = getattr(reactor, "_asyncioEventloop", None)
        self._soon = partial(reactor.callLater, 0) if loop is None else loop.call_soon
        keep_descriptors()
        self.configure(settings)

    def configure(self, settings: Cgi) -> None:
        """Work under these settings from now on. Programs that run, run on."""
        self.settings = settings
        self.rate = Rate(settings.limits.stderr_rate, self.reactor.seconds)
        log = settings.script_log
        self.script_file = None if log.path is None else ScriptFile(log.path, log.bytes)

    def enter(self, page: Page) -> None:
        """Run a page now, or when there is a place.

        :raise HTTPError: 503 when too many wait.
        """
        if len(self._running) >= self.settings.workers:
            for each in list(self._ending.values()):
                each.look()
        if len(self._running) < self.settings.workers:
            self._take(page)
        elif len(self._waiting) < self.settings.queue:
            self._waiting.append(page)
            page.wait(self.settings.wait)
            for each in self._ending.values():
                each.program.watch_exit()
        else:
            self.counts["refused"] += 1
            raise HTTPError(503, "too many programs run, and too many requests wait for them", AGAIN)

    def leave(self, page: Page) -> None:
        """A page waits no more, and was not run."""
        self._waiting.remove(page)

    def ending(self, page: Page) -> None:
        """A page's program has closed its output, but has not exited. To watch each of them for the moment that this
        takes would cost more than to look, unless somebody waits for the place."""
        if self._waiting:
            page.program.watch_exit()
        else:
            self._ending[id(page)] = page

    def done(self, page: Page) -> None:
        """A page's program has ended: the next one has its place."""
        del self._running[id(page)]
        self._ending.pop(id(page), None)
        while self._waiting and len(self._running) < self.settings.workers:
            self._take(self._waiting.popleft())

    def _take(self, page: Page) -> None:
        page.place()
        self._running[id(page)] = page
        self._starting.append(page)
        if not self._paced:
            self._start()

    def _start(self) -> None:
        """Start one program now, and the next one in the next turn of the reactor: between them others are served."""
        self._paced = bool(self._starting)
        if not self._paced:
            return
        self._soon(self._start)
        page = self._starting.popleft()
        try:
            runs = page.run()
        except Exception:
            runs = False
            page.crashed()
        if not runs:
            self.done(page)
        elif not self._looking:
            self._looking = True
            self.reactor.callLater(LOOK, self._look)

    def _look(self) -> None:
        """Look after all programs; one timer does for them, since most end before it is over."""
        for page in list(self._running.values()):
            try:
                page.look()
            except Exception:
                self.log.failure("a look at {url} failed", url=page.url)
        self._looking = bool(self._running)
        if self._looking:
            self.reactor.callLater(LOOK, self._look)

    def note(self, entry: bytes) -> None:
        """Write an entry of the script log."""
        self.reactor.callInThread(self.script_file.write, entry)

    def stop(self) -> None:
        """The server ends: so do all programs."""
        for page in list(self._running.values()):
            if page.program is not None:
                page.program.kill_and_wait()

    def figures(self) -> dict:
        """How many run and wait, and which."""
        now = self.reactor.seconds()
        scripts = [
            {"pid": page.program.pid, "age": round(now - page.began, 1), "url": page.url[:URL]}
            for page in self._running.values()
            if page.program is not None and page.program.pid is not None
        ]
        return {
            "workers": self.settings.workers,
            "running": len(self._running),
            "queue": self.settings.queue,
            "waiting": len(self._waiting),
            **self.counts,
            "scripts": sorted(scripts, key=lambda script: -script["age"]),
        }


class Mount:
    """The programs below one path of the URL.

    :param route: finds the resource of a request that a program redirects to.
    """

    name = "cgi"

    def __init__(
        self,
        farm: Farm,
        scripts: Scripts,
        root: bytes,
        route: Callable[[Request], Resource],
    ) -> None:
        self.farm = farm
        self.root = root
        self.scripts = scripts
        self.settings = scripts.mount
        self.route = route
        self.base = {b"PATH": farm.settings.path.encode()}
        self.base |= {
            name.encode(): os.environb[name.encode()] for name in self.settings.pass_env if name in os.environ
        }
        self.base |= {name.encode(): value.encode() for name, value in self.settings.env.items()}
        self.from_header = {name.encode(): field.encode() for name, field in self.settings.env_from_header.items()}
        self._methods = frozenset(method.encode() for method in self.settings.methods)

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
            script = self.scripts.find(request)
        except Refused as error:
            self.farm.log.warn("{reason}", reason=error.reason)
            raise
        Page(self, connection, script).start()

    def pass_on(self, connection: Connection) -> None:
        """Give a connection whose request was changed to the resource of what it is now."""
        resource = self.route(connection.request)
        connection.holder = resource.name
        try:
            resource.serve(connection)
        except HTTPError as error:
            connection.fail(error)
        except Exception:
            connection.client.site.backend.crashed(connection)


def mounts(
    farm: Farm, settings: Settings, route: Callable[[Request], Resource]
) -> tuple[dict[bytes, Mount], dict[bytes, Mount], list[bytes]]:
    """The resources of all mounts: those that answer one path, those that answer all below one, and their folders."""
    root = os.path.realpath(os.fsencode(settings.static.root))
    places = {mount.mount.encode(): place_of(mount, root) for mount in settings.cgi.mounts}

    def translate(path: bytes) -> bytes:
        """The file that a path would be as a request of its own."""
        fitting = [prefix for prefix in places if path.startswith(prefix)]
        prefix = max(fitting, key=len, default=b"/")
        return places.get(prefix, root) + b"/" + path[len(prefix) :]

    prefixes = {
        mount.mount.encode(): Mount(farm, Scripts(mount, places[mount.mount.encode()], translate), root, route)
        for mount in settings.cgi.mounts
    }
    # A mount of one program answers its own path as well, where nothing comes behind its name.
    exact = {
        prefix.rstrip(b"/"): mount
        for prefix, mount in prefixes.items()
        if prefix != b"/" and os.path.isfile(places[prefix])
    }
    return exact, prefixes, list(places.values())


def place_of(mount: MountSettings, root: bytes) -> bytes:
    """The folder of a mount: without one that is set, the folder of its name below the root."""
    place = root + b"/" + mount.mount.strip("/").encode() if mount.dir is None else os.fsencode(mount.dir)
    return os.path.realpath(place)
