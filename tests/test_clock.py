"""The clock of the server is steady, whatever becomes of the time of day."""

import sys

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from occwserv.net.reactor import steady

from .serving import REPOSITORY, run

INSTALLED = """
from occwserv.net.reactor import install_reactor
install_reactor()
from twisted.internet import reactor
print(type(reactor).__name__, reactor.seconds.__module__)
"""


class ClockTests(SynchronousTestCase):
    """Seconds since 1970, by a clock that nobody sets."""

    def test_it_begins_with_the_time_of_day_and_goes_on_steadily(self) -> None:
        day, since_boot = [1_700_000_000.0], [50.0]
        clock = steady(lambda: day[0], lambda: since_boot[0])
        self.assertEqual(clock(), 1_700_000_000)
        day[0] -= 3600
        since_boot[0] += 7
        self.assertEqual(clock(), 1_700_000_007)

    def test_the_reactor_has_it(self) -> None:
        kind, clock = run((sys.executable, "-c", INSTALLED), REPOSITORY).stdout.split()
        if not kind.startswith("Asyncio"):
            raise SkipTest("uvloop is not installed, and Twisted's own reactor keeps its clock")
        self.assertEqual(clock, "occwserv.net.reactor")
