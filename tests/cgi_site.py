"""What the tests of CGI programs share: a root with programs in it, and a real server over it."""

import os
import re
import time
from contextlib import suppress
from pathlib import Path

from .serving import PATIENCE, Serving, Shared

HEAD = "#!/bin/sh\n"
FREE = {"workers", "queue", "scripts"}


def program(root: Path, name: str, text: str, mode: int = 0o755) -> Path:
    """Put a program below a root; without a first line of its own it is one of sh."""
    path = root / "cgi-bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text.startswith("#!") else HEAD + text)
    path.chmod(mode)
    return path


def group_of(mark: str) -> dict[int, str]:
    """The processes that were given a mark in their environment: their numbers and states. Those that only wait for
    their parent to look after them have no environment any more."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if mark.encode() in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()[0]
    return found


def zombies_of(parent: int) -> list[int]:
    """The children of a process that have ended, and were not looked after."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                state, above = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state == "Z" and int(above) == parent:
                    found.append(int(folder.name))
    return found


class CgiCase(Serving):
    """Asks a server about its programs."""

    def until_idle(self, server) -> dict:
        """Wait until no program runs; what the farm says then."""
        return self.until(server, lambda figures: not figures["cgi"]["running"] + figures["cgi"]["waiting"])["cgi"]

    def assert_nothing_survives(self, mark: str) -> None:
        """All that was started with a mark in its environment is gone, or soon is."""
        deadline = time.monotonic() + PATIENCE
        while left := group_of(mark):
            self.assertLess(time.monotonic(), deadline, f"still there: {left}")

    def assert_whole(self, server) -> None:
        """The farm is as it was: no program, none that was not looked after, no mistake."""
        self.until_idle(server)
        self.assertEqual(zombies_of(server.pid), [])
        self.assertEqual(self.figures(server)["faults"], {"lost": 0, "twice": 0, "crashed": 0})


class SharedCgi(CgiCase, Shared):
    """Tests that share one server, whose programs are put there by the first."""

    programs: dict[str, str] = {}

    @classmethod
    def fill(cls, root: Path) -> None:
        os.umask(0o022)
        (root / "index.html").write_text("front")
        for name, text in cls.programs.items():
            program(root, name, text)

    def tearDown(self) -> None:
        super().tearDown()
        self.assert_whole(self.server)


def lines(body: bytes) -> dict[str, str]:
    """What `env` wrote, by name."""
    return dict(re.findall(r"^(\w+)=(.*)$", body.decode("latin-1"), re.MULTILINE))
