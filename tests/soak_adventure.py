"""Two soaks of the adventure.

python -m tests.soak_adventure [CHANGES]: a hundred thousand random changes of the world, with 200 who walk in it.
Nobody may be lost, nor any thing; every way leads to a room that lives; nothing stands still.

python -m tests.soak_adventure reload [TIMES [PLAYERS]]: a real server whose game is loaded anew fifty times under 200
players, who hear by event feeds and play on. Nobody may be disconnected, and no line be lost.
"""

import asyncio
import re
import shutil
import sys
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from time import perf_counter
from unittest import TestResult

from benchmarks.adventure import names
from benchmarks.crowd import Guest

from .serving import HERE, SERVING, TWISTD, environment
from .test_adventure_building import Changes, ReconfigurationTests

ROOT = Path(__file__).parent.parent
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


class Reloads:
    """A server whose game is loaded anew while a crowd plays.

    :param folder: where the copy of the game's code is.
    """

    def __init__(self, folder: Path, players: int) -> None:
        self.folder, self.players = folder, players
        self.code = folder / "adventure" / "looking.py"
        self.loaded = 0
        self.said: dict[str, list[str]] = {}

    async def run(self, times: int) -> bool:
        """So many times. Whether all went well."""
        server = await asyncio.create_subprocess_exec(
            TWISTD, "-n", "occwserv", "--listen", HERE, "--set", f"static.root={self.folder}", "--set",
            f"adventure.save={self.folder / 'world.sqlite'}", "--set", "log.access=null",
            env={**environment(), "PYTHONPATH": f"{self.folder}:{ROOT}"}, cwd=self.folder,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            port = int((await self._line(server, SERVING))[2])
            guests = [Guest(port, name) for name in names(self.players)]
            for guest in guests:
                await guest.enter()
            playing = [asyncio.create_task(self._play(guest, Random(guest.name))) for guest in guests]
            begun = perf_counter()
            for number in range(times):
                self.code.write_text(self.code.read_text() + f"# {number}\n")
                told = await self._line(server, r"goes on in new code, with (\d+) players.*|plays on.*|Traceback")
                print(f"{number + 1}: {told[0].strip()}, {perf_counter() - begun:.0f} s", flush=True)
                self.loaded += told[1] == str(self.players)
            for task in playing:
                task.cancel()
            await asyncio.gather(*playing, return_exceptions=True)
            await asyncio.sleep(1)
            well = self._judge(guests, times)
            for guest in guests:
                guest.leave()
            return well
        finally:
            server.terminate()
            await server.wait()

    async def _line(self, server, pattern: str) -> re.Match:
        while line := (await server.stdout.readline()).decode():
            found = re.search(pattern, line)
            if found is not None:
                return found
        raise AssertionError(f"the server ended, and never said {pattern}")

    async def _play(self, guest: Guest, chance: Random) -> None:
        """Say numbers, and go about."""
        said = self.said[guest.name] = []
        while True:
            await asyncio.sleep(0.5 + chance.random())
            if chance.random() < 0.5:
                await asyncio.shield(guest.play(chance.choice(("n", "s", "e", "w", "look", "i"))))
            else:
                said.append(f"{guest.name}{len(said)}.")
                await asyncio.shield(guest.play(f"say {said[-1]}"))

    def _judge(self, guests: list[Guest], times: int) -> bool:
        cut = sum(guest.cut for guest in guests)
        gaps = sum(1 for guest in guests for one, two in pairwise(guest.numbers) if two != one + 1)
        answers = sum((Counter(guest.answers) for guest in guests), Counter())
        mine = re.compile(r'You say, "(.*)"')
        lost = 0
        for guest in guests:
            heard = [found[1] for line in guest.heard if (found := mine.match(line["text"]))]
            lost += heard != self.said[guest.name]
        lines = sum(map(len, self.said.values()))
        print(
            f"{self.loaded} of {times} reloads under {self.players} players: {cut} feeds cut, {gaps} gaps in them, "
            f"answers {dict(answers)}, {lines} lines said, {lost} players heard not just what they said"
        )
        return not cut and not gaps and not lost and set(answers) == {303} and self.loaded == times


def reload(times: int = 50, players: int = 200) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="occwserv-soak-"))
    try:
        shutil.copytree(ROOT / "adventure", folder / "adventure", ignore=shutil.ignore_patterns("__pycache__"))
        return asyncio.run(Reloads(folder, players).run(times))
    finally:
        shutil.rmtree(folder)


def rebuild(changes: int = Soak.changes) -> bool:
    Soak.changes = changes
    result = TestResult()
    Soak("runTest").run(result)
    for _, text in (*result.errors, *result.failures):
        print(text)
    return result.wasSuccessful()


def main() -> None:
    soak, arguments = (reload, sys.argv[2:]) if sys.argv[1:2] == ["reload"] else (rebuild, sys.argv[1:])
    sys.exit(not soak(*map(int, arguments)))


if __name__ == "__main__":
    main()
