"""A world is killed in the middle of play. Nothing acknowledged more than a second before is missing.

`python -m tests.test_adventure_killed 50` does it fifty times.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from adventure.keeping import restore
from adventure.plans import WorldPlan
from adventure.store import Store, read

ROOT = Path(__file__).parent.parent
LOST = 1.0  # seconds


class KilledTests(SynchronousTestCase):
    """Each time a real process, and SIGKILL."""

    times = 3

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="occwserv-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.chance = Random(4)

    def run_and_kill(self, path: Path, seconds: float) -> tuple[dict[int, float], float]:
        """What was acknowledged and when, and when it was killed."""
        with (self.folder / "told").open("w+") as told:
            victim = subprocess.Popen(
                (sys.executable, "-m", "tests.adventure_victim", str(path)), cwd=ROOT, stdout=told,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            self.addCleanup(victim.wait)
            self.addCleanup(victim.kill)
            deadline = time.monotonic() + 30
            while not os.fstat(told.fileno()).st_size and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(seconds)
            killed = time.monotonic()
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            told.seek(0)
            lines = [line.split() for line in told.read().splitlines()]
        return {int(line[0]): float(line[1]) for line in lines if len(line) == 2}, killed

    def test_nothing_older_than_a_second_is_lost(self) -> None:
        for number in range(self.times):
            path = self.folder / f"{number}.sqlite"
            told, killed = self.run_and_kill(path, 1.2 + self.chance.random())
            store = Store(path)
            plan = WorldPlan()
            restore(plan, read(store.rows()))
            names = [thing.name for thing in plan.things.values()]
            lost = [cup for cup, moment in told.items() if f"a cup number{cup}" not in names and killed - moment > LOST]
            self.assertEqual((lost, len(told) > 10), ([], True))
            lying = [thing for room in plan.rooms.values() for thing in room.things]
            self.assertEqual((len(lying), set(lying) - set(plan.things)), (len(set(lying)), set()))
            store.close()


if __name__ == "__main__":
    from unittest import TextTestRunner

    KilledTests.times = int(sys.argv[1])
    TextTestRunner().run(KilledTests("test_nothing_older_than_a_second_is_lost"))
