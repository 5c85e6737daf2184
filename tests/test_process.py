"""A program under Twisted's contract: real programs, the real reactor."""

import os
import resource
import signal
import sys
import tempfile

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from occwserv.net.launch import keep_descriptors, start
from occwserv.net.process import Program

ENV = {b"PATH": b"/usr/bin:/bin"}


class Recorder(ProcessProtocol):
    """Notes what it is told, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.data = {1: b"", 2: b""}
        self.ended: Deferred = Deferred()
        self.said: list[tuple[bytes, Deferred]] = []

    def connectionMade(self) -> None:
        self.events.append("made")

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        self.data[childFD] += data
        for word, waiting in self.said:
            if word in self.data[1] and not waiting.called:
                waiting.callback(None)

    def childConnectionLost(self, childFD: int) -> None:
        self.events.append(f"lost {childFD}")

    def processExited(self, reason) -> None:
        self.events.append("exited")

    def processEnded(self, reason) -> None:
        self.events.append("ended")
        self.ended.callback(reason.value)

    def says(self, word: bytes) -> Deferred:
        """Fires when its output has the word."""
        waiting: Deferred = Deferred()
        self.said.append((word, waiting))
        return waiting


class ProgramTests(TestCase):
    """`Program` in the hands of a `ProcessProtocol`."""

    timeout = 20

    def run_program(self, *argv: str, **how) -> tuple[Program, Recorder]:
        recorder = Recorder()
        argv = ("/bin/sh", "-c", *argv) if len(argv) == 1 else argv
        args = [os.fsencode(each) for each in argv]
        self.program = Program(reactor, recorder, args, ENV, how.pop("folder", b"/"), **how)
        return self.program, recorder

    def setUp(self) -> None:
        keep_descriptors()  # those that the tests themselves were given

    def tearDown(self) -> None:
        if self.program.pid is not None:
            self.program.kill_and_wait()

    @inlineCallbacks
    def test_what_it_writes_and_how_it_ends_is_told_in_order(self):
        program, told = self.run_program("pwd; echo error >&2; exit 3", folder=b"/usr")
        verifyObject(IProcessTransport, program)
        self.assertIsInstance(program.pid, int)
        reason = yield told.ended
        self.assertEqual((told.data[1], told.data[2]), (b"/usr\n", b"error\n"))
        self.assertIsInstance(reason, ProcessTerminated)
        self.assertEqual((reason.exitCode, reason.signal), (3, None))
        self.assertEqual((told.events[0], told.events[-1]), ("made", "ended"))
        self.assertEqual(sorted(told.events[1:-1]), ["exited", "lost 0", "lost 1", "lost 2"])
        self.assertRaises(ProcessExitedAlready, program.signalProcess, "TERM")

    @inlineCallbacks
    def test_a_good_end(self):
        _, told = self.run_program("/bin/true", "x")
        self.assertIsInstance((yield told.ended), ProcessDone)

    @inlineCallbacks
    def test_what_is_written_to_it_arrives_and_closing_ends_only_its_input(self):
        program, told = self.run_program("cat; echo; echo behind")
        sent = bytes(range(256)) * 4000
        program.write(sent[:10])
        program.writeToChild(0, sent[10:1000])
        program.writeSequence([sent[1000:], b""])
        program.closeStdin()
        yield told.ended
        self.assertEqual(told.data[1], sent + b"\nbehind\n")

    @inlineCallbacks
    def test_one_that_does_not_read_does_no_harm(self):
        program, told = self.run_program("exec <&-; echo done")
        program.write(b"x" * 1_000_000)
        self.assertIsInstance((yield told.ended), ProcessDone)
        self.assertEqual(told.data[1], b"done\n")

    @inlineCallbacks
    def test_its_input_may_be_a_file(self):
        with open(__file__, "rb") as file:
            program, told = self.run_program("cat", stdin=file.fileno())
        program.write(b"goes nowhere")
        yield told.ended
        with open(__file__, "rb") as file:
            self.assertEqual(told.data[1], file.read())

    @inlineCallbacks
    def test_a_program_whose_output_is_left_alone_waits(self):
        program, told = self.run_program("head -c 1000000 /dev/zero; echo written >&2")
        program.pauseProducing()
        for _ in range(20):
            yield deferLater(reactor, 0)
        self.assertEqual((told.data[1], told.data[2]), (b"", b""))
        program.resumeProducing()
        yield told.ended
        self.assertEqual((len(told.data[1]), told.data[2]), (1_000_000, b"written\n"))

    @inlineCallbacks
    def test_a_signal_is_for_the_group(self):
        program, told = self.run_program("sleep 1000 & echo started; wait; echo never")
        yield told.says(b"started")
        program.signalProcess("TERM")
        reason = yield told.ended
        self.assertEqual((reason.signal, told.data[1]), (signal.SIGTERM, b"started\n"))

    @inlineCallbacks
    def test_terminate_asks_first_and_kills_then(self):
        text = "import os, signal as s; s.signal(15, lambda *_: os.write(1, b'no')); os.write(1, b'started')"
        program, told = self.run_program(sys.executable, "-c", f"{text}\nwhile True: s.pause()")
        yield told.says(b"started")
        program.terminate(0.2)
        program.terminate(0.2)
        reason = yield told.ended
        self.assertEqual((reason.signal, told.data[1]), (signal.SIGKILL, b"startedno"))

    @inlineCallbacks
    def test_it_has_not_ended_while_somebody_holds_its_output(self):
        program, told = self.run_program("sleep 1000 & echo started; exit 0")
        yield told.says(b"started")
        while "exited" not in told.events:
            yield deferLater(reactor, 0.001)
        self.assertNotIn("ended", told.events)
        self.assertTrue(program.writing)
        program.kill()
        self.assertIsInstance((yield told.ended), ProcessDone)

    @inlineCallbacks
    def test_whoever_left_the_group_is_waited_for_no_longer_than_a_moment(self):
        program, told = self.run_program("setsid sh -c 'echo $$; exec sleep 1000' & wait")
        yield told.says(b"\n")
        program.kill()
        yield told.ended
        os.kill(int(told.data[1]), signal.SIGKILL)

    def test_what_can_not_be_run_is_an_error_at_once_and_leaves_nothing_open(self):
        before = os.listdir("/proc/self/fd")
        for argv, folder in (
            (("/nowhere", "x"), b"/"),
            (("/etc/passwd", "x"), b"/"),
            (("/bin/true", "x"), b"/nowhere"),
        ):
            self.assertRaises(OSError, self.run_program, *argv, folder=folder)
        self.assertEqual(os.listdir("/proc/self/fd"), before)
        self.program = Program(reactor, recorder := Recorder(), [b"/bin/true"], {}, b"/")
        return recorder.ended

    @inlineCallbacks
    def test_it_has_its_three_descriptors_its_group_and_python_s_signals_undone(self):
        _, told = self.run_program("ls /proc/self/fd | wc -l; ps -o pgid= -p $$; echo $$; grep SigIgn /proc/$$/status")
        yield told.ended
        count, group, pid, _, ignored = told.data[1].split()
        self.assertEqual((count, group), (b"4", pid))
        self.assertEqual(int(ignored, 16) & (1 << (signal.SIGPIPE - 1)), 0)

    @inlineCallbacks
    def test_bounds(self):
        bounds = [(resource.RLIMIT_NOFILE, 50), (resource.RLIMIT_CORE, 0)]
        program, told = self.run_program("read x; ulimit -n; ulimit -c", rlimits=bounds)
        program.write(b"go\n")
        yield told.ended
        self.assertEqual(told.data[1], b"50\n0\n")

    @inlineCallbacks
    def test_without_a_pidfd_a_thread_waits(self):
        recorder = Recorder()

        class WithoutPidfd(Program):
            has_pidfd = False

        self.program = WithoutPidfd(reactor, recorder, [b"/bin/sh", b"-c", b"exit 5"], ENV, b"/")
        self.assertEqual((yield recorder.ended).exitCode, 5)

    @inlineCallbacks
    def test_for_the_end_of_the_server_it_is_ended_at_once(self):
        program, told = self.run_program("trap '' TERM; echo started; while :; do sleep 1000; done")
        yield told.says(b"started")
        pid = program.pid
        program.kill_and_wait()
        self.assertEqual(told.events[-1], "ended")
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)
        program.kill_and_wait()


class StartTests(TestCase):
    """`start` by itself."""

    def test_it_runs_wherever_the_server_was_started(self):
        shut = tempfile.mkdtemp(prefix="occwserv-test-")
        self.addCleanup(os.rmdir, shut)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(shut)
        os.chmod(shut, 0)
        if os.geteuid() == 0:  # who may enter it all the same
            os.seteuid(65534)
            self.addCleanup(os.seteuid, 0)
        _, status = os.waitpid(start([b"/bin/true"], ENV, b"/", (0, 1, 2)), 0)
        self.assertEqual((status, os.getcwd()), (0, "/"))
