"""A hundred thousand random changes of the world, with 200 who walk in it: python -m tests.soak_adventure [CHANGES]

Nobody may be lost, nor any thing; every way leads to a room that lives; nothing stands still.
"""

import sys
from time import perf_counter
from unittest import TestResult

from .test_adventure_building import Changes, ReconfigurationTests

EACH = 500


class Soak(ReconfigurationTests):
    """The test of the same name, for longer."""

    changes = 100_000

    def runTest(self) -> None:
        bodies, things = self.people(200), self.things()
        changes = Changes(self, 11)
        begun = perf_counter()
        for number in range(self.changes // EACH):
            made = self.scheduler.spawn(changes.make(EACH))
            for _ in range(60):
                self.clock.advance(0.5)
            self.settle()
            self.assertTrue(made.done, made)
            changes.check(bodies, things)
            if number % 20 == 0:
                seconds = perf_counter() - begun
                print(f"{number * EACH} changes, {len(self.world.rooms)} rooms, {seconds:.0f} s", flush=True)
        print(dict(changes.count))


def main() -> None:
    Soak.changes = int(sys.argv[1]) if len(sys.argv) > 1 else Soak.changes
    result = TestResult()
    Soak("runTest").run(result)
    for _, text in (*result.errors, *result.failures):
        print(text)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
