"""Adapter. Programs: started in a group of their own, spoken with, and ended with all that they started.

Twisted's `ProcessProtocol` and `IProcessTransport`, on other ground than `reactor.spawnProcess`, which forks the whole
server and walks over all its descriptors meanwhile. A program is started by `posix_spawn` (`launch`), and a pidfd tells
when it has ended. What differs from Twisted's transport:

    its group      a signal is for the program and all that it started, unless that went into a group of its own
    its end        it has ended when it has exited and its output is closed. Then what is left of its group is killed;
                   only then it is reaped, so that its number can not be another program's meanwhile
    its input      may be a file, so that nobody has to write it
"""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Thread

from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IConsumer, IProcessTransport, IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

from .endings import Endings
from .launch import Rlimits, pipe, start
from .pipes import Exit, Input, Output

FAREWELL = 1.0
"""Seconds after the group was killed in which its pipes must close; somebody who left the group may hold them."""
_DONE = Failure(ProcessDone(0))  # one for all that end as they should


@implementer(IProcessTransport, IConsumer, IPushProducer)
class Program:
    """A program that runs.

    :param stdin: a file to read from, as a descriptor that stays the caller's; None for a pipe to write to.
    :param endings: who leaves its output alone until that ends. `look` is then called now and then, so that its exit
        need not be watched, nor its standard error until there is something: most have nothing to complain of.
    :raise OSError: it can not be run, or there are too few descriptors.
    """

    has_pidfd = hasattr(os, "pidfd_open")  # elsewhere than on Linux a thread waits

    def __init__(
        self,
        reactor,
        protocol,
        argv: Sequence[bytes],
        env: Mapping[bytes, bytes],
        folder: bytes,
        stdin: int | None = None,
        rlimits: Rlimits = (),
        nice: int = 0,
        umask: int | None = None,
        endings: Endings | None = None,
    ) -> None:
        self.reactor = reactor
        self.protocol = protocol
        self.reason: Failure | None = None  # how it exited
        self._calls: list = []
        self._exit: Exit | None = None
        self._watched = False
        self._looked_after = endings is not None
        self._input: Input | None = None
        self._open = {1, 2}
        ours: list[int] = []
        theirs: list[int] = []
        try:
            for _ in (1, 2):
                reading, writing = pipe()
                ours.append(reading)
                theirs.append(writing)
            if stdin is None:
                reading, writing = pipe()
                ours.append(writing)
                theirs.append(reading)
            standard = theirs[2] if stdin is None else stdin, *theirs[:2]
            self.pid = start(argv, env, folder, standard, rlimits, nice, umask)
        except BaseException:
            _close(ours)
            raise
        finally:
            _close(theirs)
        self._outputs = {number: Output(ours[number - 1], number, self) for number in (1, 2)}
        if stdin is None:
            self._input = Input(ours[2], self)
            self._open.add(0)
        protocol.makeConnection(self)
        if endings is not None:
            self._outputs[1].leave_alone(endings)
        else:
            self._outputs[1].read(True)
            self._outputs[2].read(True)
            self.watch_exit()

    def look(self) -> None:
        """Whether it complained, or exited."""
        if self.pid is not None:
            self._outputs[2].look()
        if self.pid is not None and not self._watched and self._has_exited():
            self.exited()

    def _has_exited(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def watch_exit(self) -> None:
        """Be told of its exit, and not only by `look`."""
        if self._watched or self.pid is None:
            return
        self._watched = True
        if self.has_pidfd:
            try:
                self._exit = Exit(self)
                self.reactor.addReader(self._exit)
                return
            except OSError:
                pass  # no descriptor is left for it
        Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self.reactor.callFromThread(self.exited)

    @property
    def writing(self) -> bool:
        """Whether its output is still open: to it, or to somebody whom it started."""
        return 1 in self._open

    # What happens to it.

    def exited(self) -> None:
        """It has exited; those whom it started may not have."""
        if self.reason is not None:
            return
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        killed = ended.si_code != os.CLD_EXITED
        if ended.si_status:
            status = None if killed else ended.si_status
            self.reason = Failure(ProcessTerminated(status, ended.si_status if killed else None))
        else:
            self.reason = _DONE
        self.protocol.processExited(self.reason)
        if self._input is not None:
            self._input.connectionLost(self.reason)
        self._end_if_all_did()

    def closed(self, number: int) -> None:
        """One of its pipes is closed."""
        self._open.discard(number)
        self.protocol.childConnectionLost(number)
        if number == 1 and self.reason is None and not self._watched and self.pid is not None:
            if self._has_exited():
                self.exited()
                return
            if not self._looked_after:
                self.watch_exit()
        self._end_if_all_did()

    def _end_if_all_did(self) -> None:
        if self.reason is None or self.writing or self.pid is None:
            return
        pid, self.pid = self.pid, None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)  # who is left of the group has nobody to speak to
        os.waitpid(pid, 0)
        self._outputs[2].drain()
        for call in self._calls:
            if call.active():
                call.cancel()
        self.protocol.processEnded(self.reason)
        # So that all of it is freed at once, and not when rings of references are looked for.
        self.protocol = self._exit = None
        self._outputs.clear()

    # Ending it.

    def signalProcess(self, signalID) -> None:
        """Send the group a signal: a number, or a name such as "KILL"."""
        if self.pid is None:
            raise ProcessExitedAlready
        number = getattr(signal, f"SIG{signalID}") if isinstance(signalID, str) else signalID
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(self.pid) != self.pid:  # it went into another's group, which is not ours to kill
                os.kill(self.pid, number)

    def terminate(self, grace: float) -> None:
        """End the group: SIGTERM, and after a grace SIGKILL."""
        if self.pid is not None and not self._calls:
            self.signalProcess("TERM")
            self._calls.append(self.reactor.callLater(grace, self.kill))

    def kill(self) -> None:
        """End the group now."""
        if self.pid is not None:
            self.signalProcess("KILL")
            self._calls.append(self.reactor.callLater(FAREWELL, self._close_outputs))

    def kill_and_wait(self) -> None:
        """End the group, and be back when the program is gone: for the end of the server."""
        if self.pid is not None:
            self.kill()
            if self._exit is not None and self.reason is None:
                self._exit.close()
            self._watched = True
            self.exited()
            self._close_outputs()

    def _close_outputs(self) -> None:
        self.closeStdout()
        self.closeStderr()

    # IProcessTransport, ITransport, IConsumer: its input.

    def writeToChild(self, childFD: int, data: bytes) -> None:
        if childFD != 0:
            raise KeyError(childFD)
        self.write(data)

    def write(self, data: bytes) -> None:
        if self._input is not None:
            self._input.write(data)

    def writeSequence(self, data) -> None:
        if self._input is not None:
            self._input.writeSequence(data)

    def registerProducer(self, producer, streaming: bool) -> None:
        if self._input is None or not self._input.connected:
            producer.stopProducing()
        else:
            self._input.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        if self._input is not None:
            self._input.unregisterProducer()

    def closeStdin(self) -> None:
        """Close its input, behind what was written."""
        if self._input is not None:
            self._input.loseConnection()

    # Its output.

    def closeStdout(self) -> None:
        self._close_output(1)

    def closeStderr(self) -> None:
        self._close_output(2)

    def _close_output(self, number: int) -> None:
        if number in self._outputs:
            self._outputs[number].close()

    def closeChildFD(self, descriptor: int) -> None:
        """Close one of its pipes."""
        {0: self.closeStdin, 1: self.closeStdout, 2: self.closeStderr}[descriptor]()

    def loseConnection(self) -> None:
        """Close all of its pipes."""
        self.closeStdin()
        self._close_outputs()

    def pauseProducing(self) -> None:
        """Leave what it writes in the pipe, so that it has to wait."""
        self._read(False)

    def resumeProducing(self) -> None:
        self._read(True)

    def _read(self, wanted: bool) -> None:
        if 1 in self._outputs:
            self._outputs[1].read(wanted)

    def stopProducing(self) -> None:
        self.loseConnection()

    def getPeer(self):
        return ("program", self.pid)

    def getHost(self):
        return ("program", os.getpid())


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
