"""Adapter. One request that a CGI program answers (the paper, 2.3: `cgi.page`).

    collect the body -> wait for a place in the farm -> run -> head -> body -> end

The answer and the program each end in their own time. The answer may be over before the program is: its output is
closed, its client has left, it took too long. The program may be over before the answer is: the client takes its time,
or somebody whom it started writes on. The place in the farm is the program's.

The time that a client takes to read is not the program's: while its output is held back, only the total time counts.
"""

from functools import partial

from twisted.internet.interfaces import IProcessProtocol
from twisted.logger import Logger
from zope.interface import implementer

from ...connection import Connection
from ...http.errors import BadRequest, HTTPError, Unavailable
from ...net.process import Program
from .answer import AnswerWriter
from .body import Body
from .log import shown
from .message import BadOutput, Script, redirected
from .outflow import Outflow
from .start import AGAIN, bounds_of, explained, refusal


@implementer(IProcessProtocol)
class Page:
    """One request, from its connection's coming to its program's end.

    :param mount: what it is under: the settings, the farm, the way to other resources.
    """

    log = Logger("occwserv.cgi")

    __slots__ = (
        "_body", "_call", "_ended_at", "_farm", "_notes", "_outflow", "_paused", "_said", "_script", "_settings",
        "_touched", "_waiting", "began", "connection", "mount", "program", "url",
    )  # fmt: skip

    def __init__(self, mount, connection: Connection, script: Script) -> None:
        self.mount = mount
        self._farm = mount.farm
        self._settings = settings = mount.settings
        self._script = script
        writer = AnswerWriter(settings.limits, mount.own.default_type.encode(), script.nph, self._note, mount.sendfile)
        self._outflow = Outflow(writer, mount.own.buffering.response, settings.limits, self)
        self._body = Body(connection, mount.own.buffering.request, settings.limits, self._body_failed)
        self._notes = mount.farm.notes(settings, script, connection.request.line)
        self._call = None
        self._waiting = self._paused = False
        self._touched = 0.0
        self._said = 0  # bytes that it wrote
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
        if self._body.is_there:
            self._farm.enter(self)
        else:
            self._body.collect(partial(self._farm.enter, self))

    def _body_failed(self, error: HTTPError | None) -> None:
        """The body does not come as it should."""
        if error is None or self.connection is None:
            self._client_left()
            return
        self._fail(error)
        if self.program is not None:
            self._end_program()

    def wait(self, seconds: float) -> None:
        """The farm: there is no place now."""
        self._waiting = True
        self._call = self._farm.reactor.callLater(seconds, self._waited)

    def _waited(self) -> None:
        self._waiting = False
        self._farm.leave(self)
        self._farm.counts["refused"] += 1
        self._fail(Unavailable("no program ended in time for this one to run", AGAIN))

    def place(self) -> None:
        """The farm: there is a place, and it will run in a moment."""
        self._waiting = False
        self._cancel()

    def run(self) -> bool:
        """The farm: start it; whether it runs."""
        if self.connection is None:
            return False  # its client has left meanwhile
        mount, script = self.mount, self._script
        self.began = self._touched = self._farm.reactor.seconds()
        self._notes.env = env = mount.told(self.connection, script, self._body.length)
        self._notes.asked(self._body)
        try:
            self.program = Program(
                self._farm.reactor, self, (*mount.prefix, *script.argv), env, script.folder,
                self._body.open(), bounds_of(self._settings.rlimits), self._settings.nice, mount.umask,
                endings=self._farm.endings,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            self._bad(f"it can not be run: {explained(error)}", refusal(error))
            return False
        self._farm.counts["started"] += 1
        if self._body.passed_on:
            self._body.begin(self.program)
        else:
            self._body.close()
        return True

    # While it runs: IProcessProtocol.

    def makeConnection(self, process) -> None:
        """It has been started."""
        self.program = process
        self._notes.started(process.pid)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """It wrote something."""
        if childFD == 2:
            self._notes.complained(data)
            return
        self._touched = self._farm.reactor.seconds()
        if self.connection is None:
            return
        self._said += len(data)
        most = self._settings.limits.output
        if most is not None and self._said > most:
            self.bad_output(BadOutput(f"it wrote more than {most} bytes"))
            return
        if not self.connection.begun:
            self._notes.said(data)
        self._outflow.feed(data)
        connection = self.connection
        endable = self.mount.own.head_kill and not self._script.nph  # which says for itself where its head ends
        if endable and connection and connection.begun and connection.request.method == b"HEAD":
            self._outflow.end()
            self._end_program()

    # Whose output it is (`outflow.Owner`).

    def hold(self, held: bool) -> None:
        """Have the program wait, or let it go on."""
        if held is self._paused or self.program is None:
            return
        self._paused = held
        if held:
            self.program.pauseProducing()
        else:
            self._touched = self._farm.reactor.seconds()
            self.program.resumeProducing()

    def bad_output(self, error: BadOutput | OSError) -> None:
        """What it says is no answer, or can not be kept."""
        if isinstance(error, OSError):
            self._bad(f"what it wrote can not be kept: {error}", Unavailable("the server has no place now", AGAIN))
        else:
            self._bad(str(error))
        if self.program.writing:
            self._end_program()

    def answered(self, elsewhere: bytes | None) -> None:
        """The answer is complete, or left to somebody else."""
        if elsewhere is not None:
            self._redirect(elsewhere)
        self.connection = None
        self._outflow.close()

    def childConnectionLost(self, childFD: int) -> None:
        """It closed one of its pipes."""
        if childFD != 1:
            return
        self._farm.ending(self)
        if self.connection is not None:
            self._outflow.end()

    def processExited(self, reason) -> None:
        """It has exited; somebody whom it started may still write."""
        self._ended_at = self._farm.reactor.seconds()
        self._notes.exited(reason.value, self.connection is not None)

    def processEnded(self, reason) -> None:
        """It has ended, and all that it started."""
        self._notes.ended()
        self._body.close()
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
        self.mount.pass_on(connection)

    # What goes wrong.

    def _client_left(self) -> None:
        """Nobody waits for the answer any more."""
        if self.connection is None:
            return
        connection, self.connection = self.connection, None
        self._outflow.close()
        if not connection.home:
            connection.abort("the client has left")
        self._farm.counts["left"] += 1
        if self._waiting:
            self._waiting = False
            self._cancel()
            self._farm.leave(self)
        if self.program is None or self._body.passed_on:
            self._body.close()
        if self.program is not None and self.mount.own.on_disconnect == "kill":
            self._end_program()
        else:
            self.hold(False)

    def _end_program(self) -> None:
        self.program.terminate(self._settings.timeouts.kill)
        self.hold(False)  # so that its end is seen

    def crashed(self) -> None:
        """The farm: running it failed by a mistake of ours."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.client.site.backend.crashed(connection)

    def _fail(self, error: HTTPError) -> None:
        connection, self.connection = self.connection, None
        self._outflow.close()
        if connection is not None:
            connection.fail(error)
        if self.program is None or self._body.passed_on:
            self._body.close()

    def _bad(self, why: str, error: HTTPError | None = None) -> None:
        error = error or HTTPError(502, "the program gave no proper answer")
        self._farm.counts["failed"] += 1
        self._note(why, error.status)
        self._fail(error)

    def _note(self, why: str, status: int = 200) -> None:
        """Log what was wrong with it, in full in the script log."""
        self._notes.wrong(why, status, self.connection is not None)

    # Time.

    def _due(self) -> float:
        """When it has taken too long."""
        timeouts = self._settings.timeouts
        due = self.began + timeouts.total
        if self._paused:
            return due
        if self._ended_at:
            return min(due, self._ended_at + timeouts.linger)
        if self.connection is not None and not (self.connection.begun or self._outflow.waits):
            return min(due, self.began + timeouts.first_byte)
        return min(due, self._touched + timeouts.idle)

    def look(self) -> None:
        """The farm, now and then while the program runs: whether it complained, exited, or takes too long."""
        if self.program is None:
            return
        self.program.look()
        if self.program.pid is None or self._due() > self._farm.reactor.seconds():
            return
        if self.connection is not None and self._ended_at and not self._paused:
            self._outflow.end()  # who still has its output may be long in leaving it, or not leave it at all
        elif self.connection is not None and not self._ended_at:
            self._farm.counts["timed_out"] += 1
            self._note("it took too long", 504)
            self._fail(HTTPError(504, "the program took too long"))
        self._end_program()

    def _cancel(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
