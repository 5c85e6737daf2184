"""What tests of processes have in hand: a clock that stands still, and a scheduler that tells what went wrong."""

from collections.abc import Coroutine
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from occwserv.csp import Cancelled, Process, Scheduler


class ProcessTestCase(SynchronousTestCase):
    """A scheduler on a clock. What dies must be expected: `deaths` says of what."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.failed: list[Process] = []
        self.stuck: list[list[Process]] = []
        self.scheduler = Scheduler(self.clock, report=self.failed.append)
        self.log: list[Any] = []

    def tearDown(self) -> None:
        self.assertEqual([(process.name, process.failure) for process in self.failed], [])

    def spawn(self, routine: Coroutine, name: str = "") -> Process:
        return self.scheduler.spawn(routine, name)

    def settle(self) -> None:
        """Let everybody go on until all wait."""
        for _ in range(1000):
            self.clock.advance(0)
            if not any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
                return
        self.fail("it does not settle")

    def run_all(self, *routines: Coroutine) -> list[Process]:
        """Start some processes, and let them go on until all wait."""
        processes = [self.spawn(routine) for routine in routines]
        self.settle()
        return processes

    def result(self, routine: Coroutine) -> Any:
        """Of a process that ends without time going by."""
        (process,) = self.run_all(routine)
        self.assertTrue(process.done, process)
        return process.result

    def after(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.advance(seconds)
        self.settle()

    def deaths(self) -> list[str]:
        """What processes died of, since the last time."""
        failed = [repr(process.failure) for process in self.failed]
        self.failed.clear()
        return failed

    # Processes that note what they do.

    async def sends(self, channel: Any, *values: Any) -> None:
        for value in values:
            try:
                await channel.send(value)
                self.log.append(("sent", value))
            except (Exception, Cancelled) as error:
                self.log.append((type(error).__name__, value))
                raise

    async def receives(self, channel: Any, times: int = 1) -> None:
        for _ in range(times):
            try:
                self.log.append(("got", await channel.receive()))
            except (Exception, Cancelled) as error:
                self.log.append(type(error).__name__)
                raise
