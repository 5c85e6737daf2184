"""Adapter. One request that a CGI program answers (the paper, 2.3: `cgi.page`).

    collect the body -> wait for a place in the farm -> run -> head -> body -> end

The answer and the program each end in their own time. The answer may be over before the program is: its output is
closed, its client has left, it took too long. The program may be over before the answer is: the client takes its time,
or somebody whom it started writes on. The place in the farm is the program's.

The time that a client takes to read is not the program's: while its output is held back, only the total time counts.
"""

import os
import signal

from twisted.internet.defer import CancelledError, inlineCallbacks
from twisted.internet.interfaces import IProcessProtocol
from twisted.logger import Logger
from zope.interface import implementer

from ...connection import Connection
from ...http.errors import BadRequest, HTTPError
from ...net.outlet import ClientGone
from ...net.process import Program
from .answer import AnswerWriter
from .log import Complaints, report, shown
from .message import BadOutput, Script, environment, redirected
from .spool import Spool
from .start import AGAIN, bounds_of, ends_of, explained, refusal


@implementer(IProcessProtocol)
class Page:
    """One request, from its connection's coming to its program's end.

    :param mount: what it is under: the settings, the farm, the way to other resources.
    """

    log = Logger("occwserv.cgi")

    __slots__ = (
        "_call", "_complaints", "_ended_at", "_env", "_farm", "_kept", "_mount", "_paused", "_script", "_settings",
        "_spool", "_touched", "_waiting", "_writer", "began", "connection", "program", "url",
    )  # fmt: skip

    def __init__(self, mount, connection: Connection, script: Script) -> None:
        self._mount = mount
        self._farm = mount.farm
        self._settings = settings = mount.farm.settings
        self._script = script
        self._spool = Spool(settings.limits.spool)
        raw = mount.settings.nph and os.path.basename(script.file).startswith(b"nph-")
        self._writer = AnswerWriter(settings.limits, mount.settings.default_type.encode(), raw, self._note)
        self._env: dict[bytes, bytes] = {}
        self._kept = b""  # the beginning of what it said, for the script log
        self._complaints = Complaints("", 0, self._farm.rate)
        self._call = None
        self._waiting = self._paused = False
        self._touched = 0.0
        self._ended_at = 0.0  # when the program exited
        self.began = 0.0
        self.url = shown(connection.request.target.raw)
        self.program: Program | None = None
        self.connection: Connection | None = connection  # until it is given away

    # Before it runs.

    def start(self) -> None:
        """Collect the body, and go on.

        :raise HTTPError: if there is no place for it.
        """
        self.connection.when_gone(self._client_left)
        if self.connection is None:
            return
        if self.connection.request.length == 0:
            self._farm.enter(self)
        else:
            self._collect()

    @inlineCallbacks
    def _collect(self):
        try:
            while piece := (yield self.connection.read()):
                self._spool.add(piece)
            self._farm.enter(self)
        except HTTPError as error:
            self._fail(error)
        except OSError as error:
            self.log.error("a request's body can not be kept: {error}", error=error)
            self._fail(HTTPError(503, "the server has no place for the body", AGAIN))
        except (ClientGone, CancelledError):
            self._client_left()

    def wait(self, seconds: float) -> None:
        """The farm: there is no place now."""
        self._waiting = True
        self._call = self._farm.reactor.callLater(seconds, self._waited)

    def _waited(self) -> None:
        self._waiting = False
        self._farm.leave(self)
        self._farm.counts["refused"] += 1
        self._fail(HTTPError(503, "no program ended in time for this one to run", AGAIN))

    def place(self) -> None:
        """The farm: there is a place, and it will run in a moment."""
        self._waiting = False
        self._cancel()

    def run(self) -> bool:
        """The farm: start it; whether it runs."""
        if self.connection is None:
            return False  # its client has left meanwhile
        mount, script = self._mount, self._script
        self.began = self._touched = self._farm.reactor.seconds()
        ends = ends_of(self.connection, self._settings.names)
        self._env = environment(
            self.connection.request, script, ends, mount.root, self._spool.length, mount.base, mount.from_header,
            mount.settings.pass_auth,
        )  # fmt: skip
        try:
            self.program = Program(
                self._farm.reactor, self, script.argv, self._env, os.path.dirname(script.file), self._spool.open(),
                bounds_of(self._settings.rlimits), self._settings.nice, looked_after=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            self._bad(f"it can not be run: {explained(error)}", refusal(error))
            return False
        self._farm.counts["started"] += 1
        if self._farm.script_file is None:
            self._spool.close()
        return True

    # While it runs: IProcessProtocol.

    def makeConnection(self, process) -> None:
        """It has been started."""
        self.program = process
        name = f"{os.fsdecode(os.path.basename(self._script.file))}[{process.pid}]"
        self._complaints = Complaints(name, self._settings.limits.stderr, self._farm.rate)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """It wrote something."""
        if childFD == 2:
            self._complaints.add(data)
            return
        self._touched = self._farm.reactor.seconds()
        if self.connection is None:
            return
        if self._farm.script_file is not None and not self.connection.begun:
            self._kept = (self._kept + data)[: self._settings.script_log.body]
        try:
            taken = self._writer.feed(self.connection, data)
        except BadOutput as error:
            self._bad(str(error))
            self._end_program()
            return
        if taken is not None:
            if not taken.called:
                self._paused = True
                self.program.pauseProducing()
            taken.addCallbacks(self._go_on, lambda failure: None)  # who has left is told of by `_client_left`

    def _go_on(self, _) -> None:
        if self._paused:
            self._paused = False
            self._touched = self._farm.reactor.seconds()
            self.program.resumeProducing()

    def childConnectionLost(self, childFD: int) -> None:
        """It closed one of its pipes."""
        if childFD != 1:
            return
        self._farm.ending(self)
        if self.connection is None:
            return
        try:
            elsewhere = self._writer.end(self.connection)
        except BadOutput as error:
            self._bad(str(error))
            return
        if elsewhere is not None:
            self._redirect(elsewhere)
        self.connection = None

    def processExited(self, reason) -> None:
        """It has exited; somebody whom it started may still write."""
        self._ended_at = self._farm.reactor.seconds()
        status = reason.value
        if status.signal is not None and self.connection is not None:
            name = signal.Signals(status.signal).name
            self.log.warn("{file} was ended by {name}", file=os.fsdecode(self._script.file), name=name)
        elif status.exitCode:
            self.log.warn("{file} exited with {status}", file=os.fsdecode(self._script.file), status=status.exitCode)

    def processEnded(self, reason) -> None:
        """It has ended, and all that it started."""
        self._complaints.end()
        self._spool.close()
        self._writer = None  # it refers to this page
        self._farm.done(self)

    def _redirect(self, location: bytes) -> None:
        """It leaves the request to another resource of this server (RFC 3875 6.2.2)."""
        try:
            request = redirected(self.connection.request, location)
        except BadRequest as error:
            self._bad(f"its Location is no path: {error.why}")
            return
        if request.target.climbs or request.depth > self._settings.limits.redirects:
            self._bad(f"it redirects to {shown(location)}, which goes up, or in circles")
            return
        self._farm.counts["redirected"] += 1
        connection, self.connection = self.connection, None
        connection.request = request
        self._mount.pass_on(connection)

    # What goes wrong.

    def _client_left(self) -> None:
        """Nobody waits for the answer any more."""
        if self.connection is None:
            return
        connection, self.connection = self.connection, None
        if not connection.home:
            connection.abort("the client has left")
        self._farm.counts["left"] += 1
        if self._waiting:
            self._waiting = False
            self._cancel()
            self._farm.leave(self)
        if self.program is None:
            self._spool.close()
        elif self._mount.settings.on_disconnect == "kill":
            self._end_program()
        else:
            self._go_on(None)

    def _end_program(self) -> None:
        self.program.terminate(self._settings.timeouts.kill)
        self._go_on(None)  # so that its end is seen

    def crashed(self) -> None:
        """The farm: running it failed by a mistake of ours."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.client.site.backend.crashed(connection)

    def _fail(self, error: HTTPError) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.fail(error)
        if self.program is None:
            self._spool.close()

    def _bad(self, why: str, error: HTTPError | None = None) -> None:
        error = error or HTTPError(502, "the program gave no proper answer")
        self._farm.counts["failed"] += 1
        self._note(why, error.status)
        self._fail(error)

    def _note(self, why: str, status: int = 200) -> None:
        """Log what was wrong with it, in full in the script log."""
        self.log.warn("{file}: {why}", file=os.fsdecode(self._script.file), why=why)
        connection, most = self.connection, self._settings.script_log.body
        if connection is not None and self._farm.script_file is not None:
            parts = ("request", self._spool.start(most)), ("response", self._kept), ("stderr", self._complaints.kept)
            self._farm.note(report(connection.request.line, self._script, f"{status}: {why}", self._env, parts))

    # Time.

    def _due(self) -> float:
        """When it has taken too long."""
        timeouts = self._settings.timeouts
        due = self.began + timeouts.total
        if self._paused:
            return due
        if self._ended_at:
            return min(due, self._ended_at + timeouts.linger)
        if self.connection is not None and not self.connection.begun:
            return min(due, self.began + timeouts.first_byte)
        return min(due, self._touched + timeouts.idle)

    def look(self) -> None:
        """The farm, now and then while the program runs: whether it complained, exited, or takes too long."""
        if self.program is None:
            return
        self.program.look()
        if self.program.pid is None or self._due() > self._farm.reactor.seconds():
            return
        if not self._ended_at and self.connection is not None:
            self._farm.counts["timed_out"] += 1
            self._note("it took too long", 504)
            self._fail(HTTPError(504, "the program took too long"))
        self._end_program()

    def _cancel(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
