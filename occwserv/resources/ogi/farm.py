"""Adapter. The farm of OGI modules (the paper's `ogi.farm`): finds the module of a request, and looks after all."""

from _thread import get_ident
from collections.abc import Callable, Mapping
from pathlib import Path
from traceback import format_exception
from typing import Any
from weakref import WeakKeyDictionary

from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from ...connection import Connection
from ...csp import Process, Scheduler
from ...csp.process import Outside
from ...http.errors import HTTPError, Unavailable
from ...http.target import Target
from ...roles import Serve
from ...settings import Ogi as OgiSettings
from .entrance import Entrance
from .faults import Incidents
from .forms import is_form
from .handler import Handler
from .intake import read_form
from .module import Module
from .pools.hands import PooledWorker
from .pools.nursery import Nursery
from .pools.pool import Pool
from .shelf import Shelf
from .state import Remembered
from .tree import serve_tree
from .watchdog import Watchdog

FAREWELL = 1.0
"""Seconds that instances may finish in when the server ends; feeds that are open then are cut off."""


class Farm(Outside):
    """The resource at `ogi.prefix`.

    :param reactor: a Twisted reactor.
    :param serve_in_thread: what a worker in a thread does (`worker.thread`); a worker has none itself.
    :param worker: what it is called, if it is that of a worker.
    :param states: what modules remember, when that is somebody else's affair: it is in a thread of its own then, where
        nobody can be interrupted.
    """

    name = "ogi"
    log = Logger("occwserv.ogi")

    def __init__(
        self,
        reactor: Any,
        settings: OgiSettings,
        serve_in_thread: Callable[..., None] | None = None,
        worker: str = "",
        states: Mapping[Path, Remembered] | None = None,
    ) -> None:
        self.settings = settings
        self.now: Callable[[], float] = reactor.seconds
        self.owners: dict[Process, Handler] = {}
        self.scheduler = Scheduler(reactor, self._report, stuck=self._stuck)
        self.reactor = reactor
        self.serve_in_thread = serve_in_thread
        self.shelf = Shelf(self, states)
        self._interrupts = states is None  # not in a thread beside the main one, which gets no signals
        self.forms: WeakKeyDictionary[Connection, bytes] = WeakKeyDictionary()  # those that were read already
        self._handlers: dict[Handler, None] = {}
        self._made = 0
        self._incidents = Incidents(reactor.seconds(), worker)
        self.failed: Callable[[str], object] = lambda what: None  # who counts faults besides
        self._watchdog = Watchdog(settings.watchdog, settings.imports, self.scheduler.running, self._is_ours)
        self._watching = False
        self.ended = False
        self._prefix = settings.prefix.encode("ascii")
        self._nursery: Nursery | None = None

    def configure(self, settings: OgiSettings) -> None:
        """Go on under other settings: instances that are there keep the old ones, and finish what they hold."""
        if settings != self.settings:
            self._retire_all()
            self.shelf.clear()
        self.settings = settings
        self._prefix = settings.prefix.encode("ascii")

    def serve(self, connection: Connection) -> None:
        """Give a request to its module."""
        if self.ended:
            raise self.ends()
        connection.entered = self.now()
        request = connection.request
        module = self._module_of(request.target.path)
        if module is None:
            serve_tree(self, connection, request.target.path == self._prefix)
            return
        kind = request.fields.get(b"content-type")
        if kind is not None and is_form(kind) and request.length != 0:
            read_form(connection, kind, self.settings.form, lambda form: self._read(module, connection, form))
            return
        module.take(connection)

    def way(self, target: Target) -> Serve:
        """The way to a module: what a `roles.Collection` tells.

        :raise HTTPError: there is no such module.
        """
        module = self._module_of(target.path)
        return self.serve if module is None else module.serve

    def _module_of(self, path: bytes) -> Entrance | None:
        """The module that a path leads to; None for that of the farm itself.

        :raise HTTPError: there is none.
        """
        if not path.startswith(self._prefix) and path + b"/" != self._prefix:
            raise HTTPError(404, "applications are elsewhere by now")  # of a client from before the settings changed
        name, slash, _ = path[len(self._prefix) :].partition(b"/")
        return self.shelf.named(name) if name or slash else None

    def again(self, module: Entrance, connection: Connection) -> None:
        """Give a request to its module that waited for an instance in vain."""
        if connection.home:
            return
        try:
            if self.ended:
                raise self.ends()
            # It may be another object by now: the settings may have changed.
            self.shelf.named(module.name.encode("ascii")).take(connection)
        except HTTPError as error:
            connection.fail(error)
            module.left(connection)

    def handler(self, module: Module) -> Handler:
        """A free handler.

        :raise HTTPError: there is none.
        """
        room = self.settings.handlers - len(self._handlers)
        if room <= 0 and room + sum(each.ends for each in self._handlers) <= 0:
            raise Unavailable("all handlers of applications are busy")
        if not self._watching and self._interrupts:
            self._watching = True
            self._watchdog.start()
        self._made += 1
        handler = Handler(self, module, self._made)
        self._handlers[handler] = None
        return handler

    def start(self) -> None:
        """The server starts: what workers come from is to be there before anybody asks for one."""
        if not {"reactor", "thread_pool"}.issuperset(self.settings.models.values()):
            self.nursery()

    def nursery(self) -> Nursery:
        """Where worker processes come from."""
        if self._nursery is None or not self._nursery.alive:
            self._nursery = Nursery()
        return self._nursery

    @staticmethod
    def ends() -> HTTPError:
        """What is said when the server ends."""
        return Unavailable("the server ends", 5)

    def over(self, handler: Handler) -> None:
        """An instance has ended."""
        self._handlers.pop(handler, None)

    def incident(self, handler: Handler, failure: BaseException | None, what: str, status: int = 500) -> HTTPError:
        """Something went wrong in a module: log it, and say what the client is told."""
        number = self._incidents.next()
        fault = f"{what} (incident {number})"
        handler.module.failed(fault)
        self.failed(fault)
        details = {"number": number, "name": handler.name, "what": what}
        # Formatted here and not by the logger: of a recursion, this shows a few frames and not a thousand.
        trace = "" if failure is None else "\n" + "".join(format_exception(failure)).rstrip()
        self.log.error("incident {number}: {name}: {what}{trace}", trace=trace, **details)
        return HTTPError(status, f"the application failed: incident {number}", ((b"Incident", number.encode()),))

    def in_reactor(self, act: Callable[..., object], *args: Any) -> None:
        """Do something now, or in the reactor's thread if this is another one."""
        if self.scheduler.running.thread in (0, get_ident()):
            act(*args)
        else:
            self.reactor.callFromThread(act, *args)

    def tick(self, seconds: float) -> None:
        """The clock, every so many seconds: late answers, silent feeds, what is remembered."""
        now = self.now()
        for handler in list(self._handlers):
            handler.check(now)
            handler.beat(seconds / self.settings.heartbeat)
        self.shelf.check(now)
        self.shelf.save(self._in_thread)

    def stop(self) -> None:
        """The server ends: instances get no more requests, and finish what they hold."""
        self.ended = True
        self._retire_all()
        if self._handlers:
            self.scheduler.call_after(FAREWELL, self._kill_all)
            self.scheduler.run()

    def close(self) -> None:
        """The server has ended."""
        self._kill_all()
        for pool in self.shelf.pools():
            pool.kill()
        if self._nursery is not None:
            self._nursery.close()
        self.shelf.save(lambda act: act())
        if self._watching:
            self._watching = False
            self._watchdog.stop()

    def figures(self) -> dict:
        """What the statistics show."""
        return {
            "place": self.settings.prefix,
            "handlers": {"busy": len(self._handlers), "all": self.settings.handlers},
            "processes": len(self.scheduler.processes),
            "faults": sum(module.faults.total for module in self.shelf.known()),
            "interrupted": self._watchdog.bites,
            "stuck": sum(pool.stuck for pool in self.shelf.pools()),
        }

    def handlers(self) -> list[Handler | PooledWorker]:
        """All instances at work."""
        return [*self._handlers, *(worker for pool in self.shelf.pools() for worker in pool.workers)]

    def modules(self) -> list[Module | Pool]:
        """All modules, also those that nobody has asked for."""
        return self.shelf.all()

    def _read(self, module: Entrance, connection: Connection, form: bytes) -> None:
        """The form of a request has been read."""
        self.forms[connection] = form
        now = self.now()
        connection.routed += now - connection.entered  # what the client took to send it was not the module's time
        connection.entered = now
        self.again(module, connection)

    def forget(self, module: Module) -> None:
        """The file of a module is gone.

        :raise HTTPError: it is not there any more.
        """
        self.shelf.forget(module)
        for handler in list(self._handlers):
            if handler.module is module:
                handler.retire()
        raise HTTPError(404, f"there is no application {module.name} any more")

    def _owner(self, process: Process | None) -> Handler | None:
        """Whose a process is: its own, or its parents'."""
        while process is not None:
            owner = self.owners.get(process)
            if owner is not None:
                return owner
            process = process.parent
        return None

    def _is_ours(self, process: Process) -> bool:
        return self._owner(process) is not None

    def _report(self, process: Process) -> None:
        """A process died that no handler started itself."""
        owner = self._owner(process)
        if owner is not None:
            owner.failed(process)
        else:
            self.log.failure("{path} died", Failure(process.failure), path=process.path)

    def _stuck(self, processes: list[Process]) -> None:
        """Processes wait for each other alone."""
        told = "; ".join(f"{process.path} {process.state}" for process in processes)
        self.log.error("deadlock: {told}", told=told)
        for process in processes:
            owner = self._owner(process)
            if owner is not None:
                owner.stuck(process, told)

    def _retire_all(self) -> None:
        for handler in list(self._handlers):
            handler.retire()
        for pool in self.shelf.pools():
            pool.close()

    def _kill_all(self) -> None:
        for handler in list(self._handlers):
            handler.kill()
        if self._handlers:
            self.scheduler.run()

    def _in_thread(self, act: Callable[[], None]) -> None:
        deferToThreadPool(self.reactor, self.reactor.getThreadPool(), act)
