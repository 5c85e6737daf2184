"""Adapter. The wiring: settings in, a running server out. It alone knows all the parts.

The way of a connection, as a picture:

    listener -> reader --route--> static | cgi | ogi | status | options --.
                  ^   \\--HTTPError--> failure ----------------------------|
                  |                                                       v
                  '------ reuse or close <---------- recycle -> stats, log
"""

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import msgspec
from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, inlineCallbacks, succeed
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from . import __version__
from .backend import logline
from .backend.log import AccessLog
from .backend.recycle import Recycle
from .backend.stats import Stats
from .config import ConfigError
from .doors import Doors
from .frontend.door import Door
from .frontend.listener import Listener
from .frontend.ports import Ports
from .frontend.route import Routes
from .frontend.site import FAREWELL, Site
from .frontend.wheel import Wheel
from .garbage import Collector
from .http.head import Limits
from .http.media import MediaTypes
from .net.descriptors import raise_descriptor_limit
from .resources.cached import CachedPage
from .resources.cgi import Farm as CgiFarm
from .resources.cgi import mounts
from .resources.cgi import places as cgi_places
from .resources.download import Downloads
from .resources.failure import Failure
from .resources.files import Root
from .resources.library import Library
from .resources.listing import Listings
from .resources.ogi import Farm as OgiFarm
from .resources.ogi import serve_in_thread
from .resources.options import ServerOptions
from .resources.pagecache import PageCache
from .resources.static import Static
from .resources.status import StatusPage, as_json, as_metrics, as_page
from .settings import Ogi as OgiSettings
from .settings import Settings

PER_PROGRAM = 8
"""Descriptors that a program which runs needs: its pipes, its body, its end."""

TICK = 0.5
"""Seconds between two turns of the wheel: how late a deadline may be noticed, how often pages in memory grow older."""


class Server(Service):
    """The whole server, as a Twisted service.

    :param reactor: its clock is for what lasts.
    :param load: reads the settings anew, for SIGHUP; raises `ConfigError`.
    :param now: the time of day, in seconds since 1970, for what has a date; the reactor's clock by default.
    """

    log = Logger("occwserv")

    def __init__(
        self, reactor, settings: Settings, load: Callable[[], Settings], now: Callable[[], float] | None = None
    ) -> None:
        self._reactor = reactor
        self._now = now or reactor.seconds
        self._began = reactor.seconds()
        self._settings = settings
        self._load = load
        self._collector = Collector(reactor)
        self._wheel = Wheel(TICK)
        self._stats = Stats(self._now())
        self._access = AccessLog(settings.log)
        self._cgi = CgiFarm(reactor, settings.cgi)
        self._moved: Deferred = succeed(None)  # fires when the ports are those of the settings
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = reactor
        self._ogi = OgiFarm(reactor, modules := modules_of(settings), serve_in_thread)
        self._doors = Doors(reactor, settings, modules.options["adventure"], self._ogi.scheduler)
        self._listener = Listener(self._site(settings))
        self._ports = Ports(reactor, self._listener)

    def privilegedStartService(self) -> None:
        """Listen, while the process may still listen at low ports.

        :raise CanNotServe: when that is not possible: a server that serves nowhere is of no use.
        """
        raise_descriptor_limit(descriptors_for(self._settings))
        failed = []
        for endpoint in self._settings.listen:
            self._ports.open(endpoint).addErrback(lambda failure: failed.append(failure.getErrorMessage()))
        if failed:
            raise CanNotServe("\n".join(failed))
        self._doors.open()

    def startService(self) -> None:
        """Serve."""
        super().startService()
        self._collector.start()
        self._access.start()
        self._ogi.start()
        self._ticking.start(TICK, now=False)

    @inlineCallbacks
    def stopService(self):
        """Accept nobody more, finish what is being answered, and end."""
        super().stopService()
        yield self._moved
        left = self._doors.close()
        self._ogi.stop()
        yield self._ports.move(())
        yield DeferredList([self._farewell(), left])
        self._cgi.stop()
        self._ticking.stop()
        self._ogi.close()
        self._access.close()
        self._collector.stop()

    def _farewell(self) -> Deferred:
        """Fires when the last client has left; within the grace of the settings, whatever the clients do."""
        emptied: Deferred = Deferred()
        grace = self._settings.shutdown.grace
        self._listener.stop(idle=False)
        calls = [
            self._reactor.callLater(min(FAREWELL, grace / 2), self._listener.stop, idle=True),
            self._reactor.callLater(grace, self._listener.abort),
        ]
        self._listener.when_empty(partial(emptied.callback, None))
        return emptied.addCallback(lambda _: [call.cancel() for call in calls if call.active()])

    def reload(self) -> None:
        """Read the settings anew: new clients see them, those that are here keep the old ones."""
        try:
            settings = self._load()
            site = self._site(settings)
        except ConfigError as error:
            self._stats.reloads_refused += 1
            self.log.error("the settings are not reloaded, the old ones stay:\n{error}", error=error)
            return
        self._settings = settings
        raise_descriptor_limit(descriptors_for(settings))
        self._ogi.configure(modules := modules_of(settings))
        self._doors.configure(settings, modules.options["adventure"])
        self._listener.site = site
        self._access.configure(settings.log)
        self._moved.addCallback(lambda _: self._ports.move(self._settings.listen if self.running else ()))
        self._moved.addErrback(lambda failure: self.log.failure("the ports are not those of the settings", failure))
        self._stats.reloads += 1
        self.log.info("the settings are reloaded")

    def reopen_log(self) -> None:
        """Open the access log by its name again."""
        self._access.reopen()

    def figures(self) -> dict:
        """What the statistics show: each part is asked for its own."""
        uptime = self._reactor.seconds() - self._began
        return {
            "server": {
                "name": "occwserv",
                "version": __version__,
                "python": platform.python_version(),
                "reactor": type(self._reactor).__name__,
                "started": datetime.fromtimestamp(int(self._stats.started), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "uptime": round(uptime, 1),
            },
            "connections": self._listener.figures(),
            "bytes": self._listener.traffic(),
            **self._stats.figures(),
            "cache": self._pages.figures(),
            "door": self._listener.site.door.figures(),
            "ogi": self._ogi.figures(),
            "game": self._doors.figures(),
            "cgi": self._cgi.figures(),
            "log": self._access.figures(),
        }

    def figures_with_pages(self) -> dict:
        """The same, and the pages of the cache's table, cached and competing."""
        return {**self.figures(), "pages": self._pages.rows()}

    def _site(self, settings: Settings) -> Site:
        """Build what answers requests under these settings."""
        cache = settings.cache
        self._pages = pages = PageCache(cache.pages, cache.bytes, cache.page, CachedPage.die, cache.rule)
        types = MediaTypes(settings.static.types, settings.static.charset)
        self._cgi.configure(settings.cgi)
        places = cgi_places(settings)
        hidden = list(places.values())
        downloads = Downloads(types, settings.limits.ranges, hidden)
        programs, below = mounts(self._cgi, settings, places, lambda request: routes(request), downloads.answer)
        library = Library(Root(settings.static.root, hidden), types, settings.static.precompressed, pages)
        listing = Listings(self._reactor).serve if settings.static.listing else None
        static = Static(library, settings.static.index, listing, settings.limits.ranges)
        modules = {settings.ogi.prefix.encode(): self._ogi}
        exact = {**programs, b"*": ServerOptions(), settings.ogi.prefix.rstrip("/").encode(): self._ogi}
        routes = Routes({**exact, **self._status_pages(settings)}, {**below, **modules}, static)
        limits = settings.limits
        head = Limits(limits.line, limits.head, limits.headers, limits.body, limits.trailers, limits.chunk_line)
        backend = Recycle(self._stats, self._access.write, settings.log.format, self._reactor.callFromThread)
        return Site(
            settings,
            head,
            routes,
            Failure(static.plain_page),
            backend,
            self._wheel,
            Door(settings.door.heads, settings.door.bytes, head, routes, logline.request_line, backend.log_fields),
            self._now,
            partial(self._reactor.callLater, 0),
        )

    def _status_pages(self, settings: Settings) -> dict[bytes, StatusPage]:
        stats = settings.stats
        html, prometheus = b"text/html; charset=utf-8", b"text/plain; version=0.0.4; charset=utf-8"
        forms = (
            (stats.page, StatusPage("stats.html", html, self.figures_with_pages, as_page, stats.allow.page)),
            (stats.json, StatusPage("stats.json", b"application/json", self.figures, as_json, stats.allow.json)),
            (stats.metrics, StatusPage("metrics", prometheus, self.figures, as_metrics, stats.allow.metrics)),
        )
        return {path.encode(): form for path, form in forms if path}

    def _tick(self) -> None:
        ogi = partial(self._ogi.tick, TICK)
        for act in (self._turn, self._listener.tick, self._doors.tick, self._access.flush, self._pages.age, ogi):
            try:
                act()
            except Exception:
                # It must not be the last tick: without it there would be no deadline any more.
                self.log.failure("a tick failed")

    def _turn(self) -> None:
        now = self._now()
        by = self._wheel.follow(now, self._reactor.seconds())
        if by:
            self.log.warn("the clock of this machine was set by {by:.0f} s; deadlines go with it", by=by)
        self._wheel.turn(now)


def descriptors_for(settings: Settings) -> int:
    """How many files may have to be open at once."""
    limits, players = settings.limits, settings.telnet.connections
    clients = limits.connections + (players if settings.telnet.listen else 0)
    return clients + limits.descriptors + PER_PROGRAM * settings.cgi.workers


def modules_of(settings: Settings) -> OgiSettings:
    """The settings of the modules: the game is one, and is told of its world like any other, by its options."""
    game = msgspec.to_builtins(settings.adventure)
    said = {**game, "operators": " ".join(game["operators"])}
    told = {name: str(value) for name, value in said.items() if value not in (None, "")}
    options = {**settings.ogi.options, "adventure": {**told, **settings.ogi.options.get("adventure", {})}}
    return msgspec.structs.replace(settings.ogi, options=options)


class CanNotServe(SystemExit, Exception):
    """Ends the process with a message and no traceback. It is an `Exception` too, because only of those does the
    daemon of `twistd` tell the process that waits for it, which would wait for ever, and remove its pid file."""
