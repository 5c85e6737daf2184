"""Process. One instance of a module at work (the paper's `ogi.handler`): it runs `ogimain`, and sees to its end.

Connections wait in `requests` until the module receives them. Those it has received and not answered are `held`: when
the instance fails they are answered with an incident, and those that waited go to another instance.
"""

from collections.abc import Coroutine
from enum import Enum
from itertools import islice
from math import inf
from weakref import WeakSet, ref

from ...connection import Connection
from ...csp import Buffer, Process, timeout
from ...csp.process import Outside, let_go
from ...http.errors import HTTPError
from ...net.outlet import ClientGone
from .contract.api import Ogi
from .contract.connection import OgiConnection
from .contract.feed import Feed
from .faults import told
from .roles import Farm, Loaded


class State(Enum):
    """What a handler does (the paper, 2.4.2). One that is idle is not there: `ogi.handlers` says how many may be."""

    STARTING = "starting"
    BUSY = "busy"
    ACCEPTING = "busy and accepting"
    FINISHING = "finishing"


class NotLoaded(Exception):
    """A file that changed can not be used; the instance that was to take over is not needed."""


class Deadlock(BaseException):
    """What a process dies of that nothing could wake any more."""


class Handler(Outside):
    """An instance.

    :param number: for people.
    """

    def __init__(self, farm: Farm, module: Loaded, number: int) -> None:
        self.farm = farm
        self.module = module
        self.settings = farm.settings
        self.name = f"{module.name}.{number}"
        self.place = module.place
        self.state = State.STARTING
        self.undecided = True  # it has not said whether it is for all requests
        self.ends = False  # all that is at work of it is told to end: it makes room for another one
        self.began = inf  # when `ogimain` was called
        self.requests = Buffer(self.settings.queue, f"the requests for {module.name}")
        # Received and not answered, and since when the module has been free to answer, if that is later than it came:
        # `inf` while it waits for the client's own body.
        self.held: dict[Connection, float] = {}
        self.late: WeakSet[Connection] | None = None  # those that the server has answered in the module's place
        self.feeds: dict[Feed, None] = {}
        self.answers = 0
        self._beats = 0.0  # feeds that are to be sent something; the fraction waits for the next time
        # The children, and the connections each was given when it was forked: the loop of the main process still has
        # a handle on them, so that nobody would notice that they are forgotten.
        self._children: dict[Process, list[ref[OgiConnection]]] = {}
        self._excuse: HTTPError | None = None  # what a forgotten connection is answered with just now
        self._process: Process | None = None
        self._turns = -1  # of the main process, when a request was not answered in time

    def __str__(self) -> str:
        waiting, feeds = len(self.requests.held), len(self.feeds)
        said = f"{self.name}: {self.state.value}, {self.answers} answers, {len(self.held)} held, {waiting} waiting"
        return said + (f", {feeds} feeds" if feeds else "")

    def start(self, before: "Handler | None") -> None:
        """Begin.

        :param before: the instance whose place this one takes, once that is through.
        """
        self._process = self.farm.scheduler.spawn(self._run(before), self.name)
        self._process.observed = True
        self.farm.owners[self._process] = self
        self._process.when_ended(self._ended)

    async def _run(self, before: "Handler | None") -> None:
        ogimain = self.module.load(before is not None)
        self.module.loaded(self)
        if before is not None:
            try:
                async with timeout(self.settings.retire):
                    await before.retired()
            except TimeoutError:
                pass  # it goes on with what it holds, beside this one
        self.began = self.farm.now()
        await ogimain(Ogi(self, self.module.name, self.module.state))

    async def retired(self) -> None:
        """Wait until no request is with this instance that is not in other hands than its main process's."""
        if self._process is not None:
            await self._process.join()

    # What the farm does.

    def retire(self) -> None:
        """Another instance takes its place: it gets nothing more, and ends when it is through."""
        self.state = State.FINISHING
        self.requests.close()

    def stuck(self, process: Process, told: str) -> None:
        """One of its processes can never go on."""
        process.interrupt(Deadlock(told))

    def kill(self) -> None:
        """End it now."""
        self.ends = True
        for process in [*self._children, self._process]:
            if process is not None:
                process.kill()

    def beat(self, share: float) -> None:
        """The clock: something is sent on this share of the feeds, those where that was longest ago."""
        due = self._beats + len(self.feeds) * share
        self._beats = due % 1
        for feed in list(islice(self.feeds, int(due))):
            del self.feeds[feed]
            self.feeds[feed] = None
            feed.beat()

    def check(self, now: float) -> None:
        """The clock: whoever has waited for too long is answered."""
        limit = now - self.settings.answer
        late = [core for core, since in self.held.items() if max(since, core.entered) < limit]
        while self.requests.held and self.requests.held[0].entered < limit:
            late.append(self.requests.held.popleft())
        if late:
            self.late = WeakSet() if self.late is None else self.late
            self.late.update(late)
            for core in late:
                self.held.pop(core, None)
            self._give_up()
        for core in late:  # now, because each may ask again at once, and is to find the room that there is
            core.fail(self.farm.incident(self, None, f"no answer within {self.settings.answer} s", 504))
            self.module.left(core)
        if self.state is State.STARTING and now - self.began > self.settings.persist:
            self.single()

    # What the module does.

    def persist(self) -> None:
        """The module wants all requests."""
        if self.undecided:
            self.undecided = False
            self.state = State.ACCEPTING
            self.module.decided(self)

    def single(self) -> None:
        """The module is for one request: it has not said otherwise in time, or before it wanted one."""
        if self.undecided:
            self.undecided = False
            self.state = State.BUSY
            self.module.decided(self)
            self.requests.close()

    def received(self, core: Connection) -> OgiConnection:
        """The module has received a connection."""
        self.held[core] = 0.0
        if core.request.length == 0:
            return OgiConnection(core, self)
        return OgiConnection(core, self, self.farm.forms.pop(core, None))

    def answered(self, core: Connection) -> None:
        """The module has answered, or begun to."""
        self.answers += 1
        self.held.pop(core, None)
        if self.module.sessions.inside:
            self.module.left(core)

    def waits_for_client(self, core: Connection) -> None:
        """The module reads the body: what that takes is the client's time."""
        if core in self.held:
            self.held[core] = inf

    def goes_on_with(self, core: Connection) -> None:
        """A piece of the body has come, or its end."""
        if core in self.held:
            self.held[core] = self.farm.now()

    def is_late(self, core: Connection) -> bool:
        """Whether the client has been told that the answer took too long."""
        return self.late is not None and core in self.late

    def forgotten(self, core: Connection) -> None:
        """The module has lost its last handle on a connection. This may be called in any thread."""
        self.farm.in_reactor(self._answer_forgotten, core, self._excuse)

    def fork(self, routine: Coroutine, name: str) -> Process:
        """A process beside the main one."""
        given = [ref(each) for each in routine.cr_frame.f_locals.values() if isinstance(each, OgiConnection)]
        child = self.farm.scheduler.spawn(routine, name or routine.__name__, self._process)
        child.observed = True
        self._children[child] = given
        self.farm.owners[child] = self
        child.when_ended(self._child_ended)
        return child

    def failed(self, process: Process) -> HTTPError | None:
        """A process of the instance has died: what it held is answered.

        It is not the module's fault when the client left, or sent what can not be read.

        :return: what the clients are told.
        """
        failure = process.failure
        assert failure is not None
        if isinstance(failure, HTTPError):
            self._excuse = failure
        elif isinstance(failure, ClientGone):
            self._excuse = HTTPError(400, "the client left before its request was complete", close=True)
        else:
            self._excuse = self.farm.incident(self, failure, told(failure))
        let_go(failure)  # its frames hold connections, which are answered with the excuse now
        excuse, self._excuse = self._excuse, None
        return excuse

    def _give_up(self) -> None:
        """A request was not answered in time. An instance that was there for it alone is not waited for any longer,
        nor is one whose main process waits for something else than requests, and has for as long as that."""
        main = self._process
        assert main is not None
        if self.state is State.ACCEPTING:
            if main.waits is not self.requests and main.turns == self._turns:
                self.kill()
        elif not self.held and not self.feeds:
            self.kill()
        self._turns = main.turns

    def _answer_forgotten(self, core: Connection, excuse: HTTPError | None) -> None:
        self.held.pop(core, None)
        if not core.home and not self.is_late(core):
            if excuse is None and not self.farm.ended:
                excuse = self.farm.incident(self, None, "a connection was forgotten without an answer")
            core.fail(excuse or self.farm.ends())
        self.module.left(core)

    def _child_ended(self, process: Process) -> None:
        given = self._children.pop(process)
        self.farm.owners.pop(process, None)
        excuse = None if process.failure is None else self.failed(process)
        if excuse is not None or process.cancelled:
            handles = [each() for each in given]
            for core in [handle.core for handle in handles if handle is not None and handle.core is not None]:
                self._answer_forgotten(core, excuse)
        if not self._children and self._process is not None and self._process.done:
            self._over()

    def _ended(self, process: Process) -> None:
        """The main process is over."""
        self.farm.owners.pop(process, None)
        self.state = State.FINISHING
        if isinstance(process.failure, NotLoaded):
            process.failure = None
        excuse = None if process.failure is None else self.failed(process)
        fatal = excuse is not None and not isinstance(process.failure, (HTTPError, ClientGone))
        self.ends = self.ends or fatal or not self._children
        if fatal:
            for child in list(self._children):
                child.kill()
            for core in list(self.held):
                self._answer_forgotten(core, excuse)
        self.requests.close()
        waiting = list(self.requests.held)
        self.requests.held.clear()
        self.module.left_by(self, waiting, None if self.requests.count else excuse)
        if not self._children:
            self._over()

    def _over(self) -> None:
        """Nothing of the instance is at work any more."""
        for core in list(self.held):
            self._answer_forgotten(core, None)
        self.farm.over(self)
