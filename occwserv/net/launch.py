"""Adapter. Starting a program: `posix_spawn`, in a group of its own.

The server's memory is not copied for it, and the server goes on as soon as the program is there, however many
descriptors it has open: `docs/decisions/006-launching-programs.md` has the figures.
"""

import os
import resource
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

_RESTORED = [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)]  # Python ignores them
_UNBOUNDED = ProcessLookupError, PermissionError  # it has ended, has become somebody else, or may have no more anyway
_HERE = getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC

Rlimits = Sequence[tuple[int, int]]
"""Numbers of `resource`, each with its bound."""


def start(
    argv: Sequence[bytes],
    env: Mapping[bytes, bytes],
    folder: bytes,
    descriptors: Sequence[int],
    rlimits: Rlimits = (),
    nice: int = 0,
    umask: int | None = None,
) -> int:
    """Start a program in a group of its own.

    :param folder: where it runs. The server is there for a moment, since `posix_spawn` can not go; the threads of the
        server therefore use absolute paths alone.
    :param descriptors: what it has as its 0, 1, 2.
    :param nice: how much it gives way to the server.
    :param umask: what the files that it makes may not be; None for the server's. The server has it for that moment.
    :return: its number.
    :raise OSError: it can not be run; an interpreter that is missing is told so too.
    """
    actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(descriptors)]
    try:
        here = os.open(".", _HERE)
    except PermissionError:  # it was started by another user, in a folder that this one may not enter, and needs none
        here = os.open("/", _HERE)
    try:
        os.chdir(folder)
        before = None if umask is None else os.umask(umask)
        try:
            pid = os.posix_spawn(
                argv[0], argv, env, file_actions=actions, setpgroup=0, setsigmask=(), setsigdef=_RESTORED
            )
        finally:
            if before is not None:
                os.umask(before)
            os.fchdir(here)
    finally:
        os.close(here)
    for number, bound in rlimits:
        # The program runs already. What it starts within these microseconds is not bounded.
        with suppress(*_UNBOUNDED):
            resource.prlimit(pid, number, (bound, bound))
    if nice:
        with suppress(*_UNBOUNDED):
            os.setpriority(os.PRIO_PROCESS, pid, nice)
    return pid


def keep_descriptors() -> None:
    """Let no program have the descriptors that the server itself was given: those that it opens are kept anyway."""
    with suppress(OSError):
        for name in os.listdir("/dev/fd"):
            if int(name) > 2:
                with suppress(OSError):
                    os.set_inheritable(int(name), False)


def pipe() -> tuple[int, int]:
    """The ends of a pipe, to read and to write; neither is 0, 1 or 2, where a program's own will be put."""
    ends = os.pipe()
    if min(ends) > 2:
        return ends
    try:
        return pipe()
    finally:
        for end in ends:
            os.close(end)
