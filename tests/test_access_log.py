"""The access log writes every line, in order, or counts it; it never holds anybody up."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event

from twisted.internet.testing import EventLoggingObserver
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from occwserv.backend.log import BATCH, AccessLog
from occwserv.settings import Log

TORN = """
import os, resource, sys
from threading import Event
from occwserv.backend.log import AccessLog
from occwserv.settings import Log
log = AccessLog(Log(access=sys.argv[1]))
log.start()
def settle():
    log.flush()
    event = Event()
    log._batches.put(event.set)
    event.wait()
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
for round in range(3):
    log.write(b"before %d" % round)
    settle()
    # The file may grow by half a line: as on a disk that is full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.stat(sys.argv[1]).st_size + 3, unlimited[1]))
    for number in range(3):
        log.write(b"lost")
        settle()
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
log.write(b"after")
log.close()
print(log.figures())
"""


class AccessLogTests(SynchronousTestCase):
    """With real files, and the log's own thread."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.path = self.folder / "access.log"
        self.events = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)

    def begin(self, start: bool = True, **settings) -> AccessLog:
        log = AccessLog(Log(**{"access": str(self.path), **settings}))
        if start:
            log.start()
            self.addCleanup(lambda: log._thread.is_alive() and log.close())
        return log

    @staticmethod
    def settle(log: AccessLog) -> None:
        """Wait until the thread is through with what it has."""
        event = Event()
        log._batches.put(event.set)
        event.wait()

    def write(self, log: AccessLog, *lines: bytes) -> None:
        """Log lines, and see to it that they are written."""
        for line in lines:
            log.write(line)
        log.flush()
        self.settle(log)

    @staticmethod
    def lines(path: Path) -> list[bytes]:
        return path.read_bytes().splitlines()

    def warnings(self) -> list[str]:
        return [event["log_format"].format(**event) for event in self.events if event["log_level"].name == "warn"]

    def test_closing_writes_everything_in_order(self) -> None:
        log = self.begin()
        lines = [b"line %d" % number for number in range(3 * BATCH + 7)]
        for line in lines:
            log.write(line)
        log.close()
        self.assertEqual(self.lines(self.path), lines)
        self.assertEqual(log.figures(), {"written": len(lines), "dropped": 0, "failed": 0})
        self.assertFalse(log._thread.is_alive())

    def test_lines_are_written_in_batches(self) -> None:
        log = self.begin()
        for number in range(BATCH + 10):
            log.write(b"line %d" % number)
        self.settle(log)
        self.assertEqual(len(self.lines(self.path)), BATCH)
        log.flush()
        self.settle(log)
        self.assertEqual(len(self.lines(self.path)), BATCH + 10)
        log.flush()
        log.close()

    def test_what_is_there_is_kept(self) -> None:
        self.path.write_bytes(b"older\n")
        log = self.begin()
        self.write(log, b"newer")
        self.assertEqual(self.lines(self.path), [b"older", b"newer"])
        log.close()

    def test_nothing_is_logged_when_that_is_the_setting(self) -> None:
        log = self.begin(access=None)
        log.write(b"line")
        log.close()
        self.assertEqual((list(self.folder.iterdir()), log.figures()["written"]), ([], 0))

    def test_a_file_that_is_full_is_moved_and_so_many_are_kept(self) -> None:
        log = self.begin(rotate=100, keep=2)
        for number in range(50):
            self.write(log, b"line %02d, and forty bytes of it are this" % number)
        log.close()
        names = sorted(path.name for path in self.folder.iterdir())
        self.assertEqual(names, ["access.log", "access.log.1", "access.log.2"])
        kept = [line for name in reversed(names) for line in self.lines(self.folder / name)]
        self.assertEqual([int(line[5:7]) for line in kept], list(range(44, 50)))
        self.assertTrue(all((self.folder / name).stat().st_size <= 100 for name in names))
        self.assertEqual(log.figures(), {"written": 50, "dropped": 0, "failed": 0})

    def test_a_batch_that_is_larger_than_a_file_is_not_torn(self) -> None:
        log = self.begin(rotate=10, keep=3)
        for letter in (b"a", b"b"):
            self.write(log, *[letter * 20] * 3)
        log.close()
        self.assertEqual(self.lines(self.path), [b"b" * 20] * 3)
        self.assertEqual(self.lines(self.folder / "access.log.1"), [b"a" * 20] * 3)

    def test_none_are_kept_when_that_is_the_setting(self) -> None:
        log = self.begin(rotate=10, keep=0)
        for number in range(5):
            self.write(log, b"line %d, of some length" % number)
        log.close()
        self.assertEqual([path.name for path in self.folder.iterdir()], ["access.log"])
        self.assertEqual(self.lines(self.path), [b"line 4, of some length"])

    def test_to_keep_all_takes_no_longer_than_to_keep_those_there_are(self) -> None:
        log = self.begin(rotate=10, keep=2**53 - 1)
        for number in range(3):
            self.write(log, b"line %d, of some length" % number)
        log.close()
        for name, number in (("access.log", b"2"), ("access.log.1", b"1"), ("access.log.2", b"0")):
            self.assertEqual(self.lines(self.folder / name), [b"line %b, of some length" % number])

    def test_the_size_of_an_older_file_counts(self) -> None:
        self.path.write_bytes(b"x" * 99 + b"\n")
        log = self.begin(rotate=100, keep=1)
        self.write(log, b"new")
        log.close()
        self.assertEqual((self.lines(self.path), (self.folder / "access.log.1").stat().st_size), ([b"new"], 100))

    def test_a_file_that_was_moved_is_opened_anew_when_told(self) -> None:
        log = self.begin()
        self.write(log, b"one")
        moved = self.path.rename(self.folder / "moved.log")
        self.write(log, b"two")
        log.write(b"three")
        log.reopen()
        self.write(log, b"four")
        log.close()
        self.assertEqual(self.lines(moved), [b"one", b"two", b"three"])
        self.assertEqual(self.lines(self.path), [b"four"])

    def test_a_disk_that_is_full_costs_lines_and_one_warning(self) -> None:
        log = self.begin(access="/dev/full")
        for _ in range(3):
            self.write(log, b"one", b"two")
        self.assertEqual(log.figures(), {"written": 0, "dropped": 0, "failed": 6})
        self.assertEqual(len(self.warnings()), 1)
        self.assertIn("/dev/full", self.warnings()[0])
        log.configure(Log(access=str(self.path)))
        self.write(log, b"three")
        self.assertEqual(log.figures(), {"written": 1, "dropped": 0, "failed": 6})
        log.configure(Log(access="/dev/full"))
        self.write(log, b"four")
        self.assertEqual(len(self.warnings()), 2, "after a success a failure is news again")
        log.close()

    def test_a_folder_that_is_gone_costs_lines_until_it_is_there_again(self) -> None:
        log = self.begin()
        self.write(log, b"one")
        shutil.rmtree(self.folder)
        log.reopen()
        self.write(log, b"two")
        self.write(log, b"three")
        self.folder.mkdir()
        self.write(log, b"four")
        log.close()
        self.assertEqual(self.lines(self.path), [b"four"])
        self.assertEqual(log.figures(), {"written": 2, "dropped": 0, "failed": 2})
        self.assertEqual(len(self.warnings()), 1)

    def test_a_line_that_was_torn_by_a_full_disk_takes_no_other_with_it(self) -> None:
        done = subprocess.run(
            (sys.executable, "-c", TORN, self.path),
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
            capture_output=True, timeout=30, check=False, text=True,
        )  # fmt: skip
        self.assertEqual(done.stdout, "{'written': 4, 'dropped': 0, 'failed': 9}\n", done.stderr)
        lines = self.lines(self.path)
        torn = [line for line in lines if b"lost".startswith(line)]
        self.assertEqual(
            [line for line in lines if line not in torn], [b"before 0", b"before 1", b"before 2", b"after"]
        )
        self.assertTrue(any(torn))

    def test_lines_the_disk_is_too_slow_for_are_dropped_and_counted(self) -> None:
        log = self.begin(start=False, queue=1000)
        for number in range(5000):
            log.write(b"line %d" % number)
        log.flush()
        figures = log.figures()
        self.assertEqual((figures["written"], figures["failed"]), (0, 0))
        self.assertGreaterEqual(figures["dropped"], 4000)
        log.start()
        self.settle(log)
        self.write(log, b"and on")
        log.close()
        figures = log.figures()
        self.assertEqual(figures["written"] + figures["dropped"], 5001)
        self.assertEqual(len(self.lines(self.path)), figures["written"])
        self.assertEqual(self.lines(self.path)[-1], b"and on")
        self.assertLessEqual(figures["written"], 1001)

    def test_a_short_queue_drops_nothing_on_a_disk_that_is_quick(self) -> None:
        for queue in (1, 10, 100):
            log = self.begin(queue=queue, access=str(self.folder / str(queue)))
            for number in range(500):
                log.write(b"line %d" % number)
                if number % queue == queue - 1:
                    self.settle(log)
            log.close()
            self.assertEqual(log.figures(), {"written": 500, "dropped": 0, "failed": 0})

    def test_other_settings_hold_for_the_lines_behind_them(self) -> None:
        log = self.begin(start=False)
        log.write(b"one")
        log.configure(Log(access=str(self.folder / "second.log")))
        log.write(b"two")
        log.configure(Log(access=None))
        log.write(b"nowhere")
        log.configure(Log(access=str(self.path)))
        log.write(b"three")
        log.start()
        log.close()
        self.assertEqual(self.lines(self.path), [b"one", b"three"])
        self.assertEqual(self.lines(self.folder / "second.log"), [b"two"])

    def test_no_descriptor_is_left(self) -> None:
        before = os.listdir("/proc/self/fd")
        for path in (str(self.path), "/dev/full", "-", None):
            log = self.begin(access=path, rotate=10)
            if path != "-":
                self.write(log, b"one line")
                self.write(log, b"another line")
            log.reopen()
            log.close()
        self.assertEqual(len(os.listdir("/proc/self/fd")), len(before))
