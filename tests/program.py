"""A program in a process of its own, whose words are read as it says them.

Nothing sleeps here: what is waited for is something it says, or its end.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Condition, Thread

from .raw_client import PATIENCE


class Program:
    """A program that runs, and what it has said, on both its outputs."""

    def __init__(self, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> None:
        self.output = ""
        self._seen, self._ended, self._news = 0, False, Condition()
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        """Read what it says, always: a full pipe would stop it."""
        while data := os.read(self._process.stdout.fileno(), 65536):
            with self._news:
                self.output += data.decode("utf-8", "replace")
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for(self, pattern: str) -> re.Match:
        """The next place with this pattern in what it says, behind the one that was waited for last."""
        find = re.compile(pattern)
        with self._news:
            self._news.wait_for(lambda: self._ended or find.search(self.output, self._seen), PATIENCE)
            found = find.search(self.output, self._seen)
            if found is None:
                state = f"ended with {self._process.poll()}" if self._ended else f"still runs after {PATIENCE} s"
                raise AssertionError(f"it {state}, and never said {pattern!r}, but:\n{self.output}")
            self._seen = found.end()
            return found

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def tell(self, number: int) -> None:
        """Send the process a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait until it ends, and has said all.

        :return: its exit status.
        """
        status = self._process.wait(PATIENCE)
        self._listening.join(PATIENCE)
        return status

    def kill(self) -> None:
        """End it in any case."""
        self._process.kill()
        self._process.wait()
        self._listening.join()
        self._process.stdout.close()
