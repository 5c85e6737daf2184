"""Adapter. Which program a request is for, and whether it may be run.

The URL is walked down from the mount's folder: folders first, then a file, which is the program; what is left of the
path is told to it. Before it is run it is looked at as suEXEC does: where it really is, what it is, and who else could
have written it. Whatever is wrong is an `HTTPError`; nothing below a mount is ever shown instead of being run.
"""

import grp
import os
import pwd
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from ...http.errors import HTTPError
from ...http.head import Request
from ...http.target import decode
from ...settings import Mount
from .log import shown
from .message import Script, search_words

_SLASH = b"%2F", b"%2f"
MOST = 256
"""Programs of a mount that are remembered as checked."""
SETTLED = 10**9


class Refused(HTTPError):
    """403, with the reason for the log: the client is told no more than that it may not."""

    def __init__(self, path: bytes, reason: str) -> None:
        super().__init__(403, "the program may not be run")
        self.reason = f"{shown(path)} is not run: {reason}"


class Scripts:
    """The programs below one mount.

    :param place: the mount's folder, or its one program.
    :param translate: the file that a path of the URL would be.
    :param settled: nanoseconds without a change after which a file is believed to change its times with the next one.
    """

    def __init__(self, mount: Mount, place: bytes, translate: Callable[[bytes], bytes], settled: int = SETTLED) -> None:
        self.mount = mount
        self._settled = settled
        self._place = os.path.realpath(place)
        self._below = self._place + b"/"
        self._is_program = os.path.isfile(self._place)
        self._prefix = mount.mount.encode().rstrip(b"/")
        self._translate = translate
        self._interpreters = {
            extension.encode(): os.fsencode(program) for extension, program in mount.interpreters.items()
        }
        self._match = tuple(extension.encode() for extension in mount.match)
        self._users = (0, pwd.getpwnam(mount.user).pw_uid) if mount.user else (0,)
        self._index = [os.fsencode(name) for name in mount.index]
        self._checked: dict[bytes, Checked] = {}  # by what is behind the prefix

    def find(self, request: Request) -> Script:
        """The program of a request.

        :raise HTTPError: 404 missing; 403 it may not be run.
        """
        path = self._path(request)
        checked = self._checked.get(path)
        if checked is not None and state_of(checked.script.file, checked.script.folder) == checked.state:
            script = checked.script
        else:
            script = self._look(path)
        if self.mount.isindex_args and (words := search_words(request)):
            script = replace(script, argv=(*script.argv, *words))
        return script

    def _look(self, path: bytes) -> Script:
        """Find and check a program; remember that it may be run, as long as its file and folder are what they are."""
        self._checked.pop(path, None)
        file, name, info = self._walk(path)
        if info and not self.mount.path_info:
            raise HTTPError(404, "the program has no pages below it")
        folder, base = os.path.split(file)
        state = state_of(file, folder)  # before the checks: a change between the two is noticed the next time
        argv, place = self._check(file)
        translated = self._translate(info) if info else b""
        nph = self.mount.nph and base.startswith(b"nph-")
        script = Script(file, self._prefix + name, info, translated, tuple(argv), folder, nph)
        # Where a link is in the path, more than these two can change what it leads to. And a second change within
        # a tick of the file system's clock would leave the times as the first did.
        if place == file and not info and state is not None and max(state[2:]) < time.time_ns() - self._settled:
            if len(self._checked) >= MOST:
                self._checked.clear()
            self._checked[path] = Checked(script, state)
        return script

    def _path(self, request: Request) -> bytes:
        """The path behind the mount's prefix, decoded as the mount says."""
        target = request.target
        path = target.path
        if target.hides_slash:
            if self.mount.encoded_slash == "reject":
                raise HTTPError(404, "a slash was sent as %2F")
            if self.mount.encoded_slash == "keep":
                raw = target.raw_path
                for slash in _SLASH:
                    raw = raw.replace(slash, b"%25" + slash[1:])
                path = decode(raw)
        if b"\0" in path or b".." in path.split(b"/"):
            raise HTTPError(404, "the path goes up")
        return path[len(self._prefix) :]

    def _walk(self, path: bytes) -> tuple[bytes, bytes, bytes]:
        """The file that is the program, its name in the path, and what of the path is left behind that."""
        if self._is_program and os.path.isfile(self._place):
            return self._place, b"", path
        here, end = self._place, 0
        while end < len(path):
            following = path.find(b"/", end + 1)
            following = len(path) if following < 0 else following
            segment = path[end + 1 : following]
            if segment.startswith(b"."):
                raise HTTPError(404, "hidden files are not run")
            if not segment and following < len(path):
                raise HTTPError(404, "there is no such program")
            if not segment:
                break
            here, end = here + b"/" + segment, following
            try:
                mode = os.stat(here).st_mode
            except (OSError, ValueError):
                raise HTTPError(404, "there is no such program") from None
            if not stat.S_ISDIR(mode):
                return here, path[:end], path[end:]
        for name in self._index:
            if os.path.isfile(here + b"/" + name):
                return here + b"/" + name, path[:end] + b"/" + name, b""
        raise HTTPError(404, "there is no such program")

    def _check(self, file: bytes) -> tuple[list[bytes], bytes]:
        """How the program is run, if it may be, and where it really is."""
        facts, place = facts_and_place(file)
        if place != self._place and not place.startswith(self._below):
            raise Refused(file, "a symbolic link leads out of the mount")
        if not stat.S_ISREG(facts.st_mode):
            raise Refused(file, "it is not a regular file")
        if facts.st_mode & (stat.S_ISUID | stat.S_ISGID):
            raise Refused(file, "it has the setuid or setgid bit")
        folder = os.stat(os.path.dirname(place))
        for what, each in (("it", facts), ("its folder", folder)):
            if is_open_to_others(each):
                raise Refused(file, f"{what} can be written by others (chmod go-w)")
        if facts.st_uid not in (*self._users, os.geteuid(), folder.st_uid):  # the server may be somebody else by now
            raise Refused(file, "it belongs neither to root, nor to its user, nor to whom its folder belongs to")
        extension = os.path.splitext(file)[1]
        if self._match and extension not in self._match:
            raise Refused(file, f"its extension is not one of {self.mount.match}")
        interpreter = self._interpreters.get(extension)
        if interpreter is not None:
            if not os.access(file, os.R_OK):
                raise Refused(file, "it can not be read")
            return [interpreter, file], place
        if not os.access(file, os.X_OK):
            raise Refused(file, "it is not executable (chmod +x), and its extension has no interpreter")
        return [file], place


State = tuple[tuple[int, ...], tuple[int, ...], int, int]


class Checked(NamedTuple):
    """A program that may be run, and the state of its file and folder that says so."""

    script: Script
    state: State


def state_of(file: bytes, folder: bytes) -> State | None:
    """What changes when a file or its folder does, or who may write them; last the times of that in nanoseconds."""
    try:
        one, other = os.stat(file), os.stat(folder)
    except OSError:
        return None
    return one[:6], other[:6], one.st_ctime_ns, other.st_ctime_ns


def facts_and_place(file: bytes) -> tuple[os.stat_result, bytes]:
    """What a file is, and where it really is: the kernel is asked, which is quicker than to resolve the path."""
    try:
        descriptor = os.open(file, os.O_PATH | os.O_CLOEXEC)
    except (AttributeError, OSError):
        return os.stat(file), os.path.realpath(file)
    try:
        return os.fstat(descriptor), os.readlink(b"/proc/self/fd/%d" % descriptor)
    except OSError:
        return os.stat(file), os.path.realpath(file)
    finally:
        os.close(descriptor)


def is_open_to_others(facts: os.stat_result) -> bool:
    """Whether others than its owner may write a file, or exchange what is in a folder.

    A group that is the owner's alone is no other.
    """
    mode = facts.st_mode
    if stat.S_ISDIR(mode) and mode & stat.S_ISVTX:
        return False  # what others put there belongs to them, and is not run
    return bool(mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not _is_own_group(facts.st_uid, facts.st_gid)))


@lru_cache(maxsize=256)
def _is_own_group(user: int, group: int) -> bool:
    try:
        owner, members = pwd.getpwuid(user), grp.getgrgid(group).gr_mem
    except KeyError:
        return False
    return owner.pw_gid == group and set(members) <= {owner.pw_name}
