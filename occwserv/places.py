"""Adapter. Where the folders, files and endpoints of the settings are: found, and checked to be there."""

import grp
import math
import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import yaml
from twisted.internet.endpoints import clientFromString, serverFromString

from .config import ConfigError, Mistake
from .settings import Adventure, Cgi, Mount, Settings, rows

_PATHS = frozenset(path for path, kind, *_ in rows() if kind.startswith("a path"))


def absolute(override: str, here: Path) -> str:
    """A `KEY=VALUE` of the command line whose path, if it is one, does not depend on a folder any more."""
    key, equals, value = override.partition("=")
    if key not in _PATHS or not value or value in ("-", "null", "~"):
        return override
    return f"{key}{equals}{quoted(str(here / value))}"


def quoted(value: str | list[str]) -> str:
    """Text as YAML, in one line and whatever characters it has. JSON's escapes of those beyond U+FFFF mean others."""
    said: str = yaml.safe_dump(value, default_style='"', default_flow_style=True, width=math.inf)
    return said.rstrip()


def shipped(folder: str) -> Path:
    """A folder that comes with the server: beside the package in a checkout, inside it when installed."""
    inside = Path(str(files("occwserv"))) / folder
    return inside if os.path.isdir(inside) else inside.parent.parent / folder


def resolve(settings: Settings, folder: Path, source: str, reactor) -> Settings:
    """Settings whose paths are absolute and whose endpoints can be understood.

    :param folder: what relative paths are relative to: where the file of settings is.
    :param source: what the file is called in a mistake.
    :raise ConfigError: with everything that is not there.
    """
    mistakes = []

    def mistake(path: str, problem: str) -> None:
        mistakes.append(Mistake(path, problem, None, source))

    check_endpoints(settings, reactor, mistake)
    if settings.static.root is None:
        root = folder / "public_html"
        root = root if os.path.isdir(root) else shipped("public_html")
    else:
        root = folder / settings.static.root
    if not os.path.isdir(root):  # `Path` raises an error where it may not look
        mistake("static.root", f'"{root}" is not a folder')
    elif not os.access(root, os.R_OK | os.X_OK, effective_ids=True):
        mistake("static.root", f'"{root}" may not be read by this user')

    modules = folder / (settings.ogi.root or "ogi")
    if not os.path.isdir(modules):
        if settings.ogi.root is not None:
            mistake("ogi.root", f'"{modules}" is not a folder')
        modules = shipped("ogi")
    cgi = resolve_cgi(settings.cgi, folder, mistake)
    adventure = resolve_game(settings.adventure, folder, mistake)

    access = settings.log.access
    if access not in (None, "-"):
        access = str(folder / access)
        if not can_be_written(access):
            mistake("log.access", f'no file "{access}" can be written')

    if mistakes:
        raise ConfigError(mistakes)
    return msgspec.structs.replace(
        settings,
        static=msgspec.structs.replace(settings.static, root=str(root)),
        log=msgspec.structs.replace(settings.log, access=access),
        adventure=adventure,
        ogi=msgspec.structs.replace(settings.ogi, root=str(modules), state=str(folder / settings.ogi.state)),
        cgi=cgi,
    )


def check_endpoints(settings: Settings, reactor: Any, mistake: Callable[[str, str], None]) -> None:
    """Whether Twisted understands where the server and its doors listen, and which servers its game joins."""
    irc = settings.irc
    doors = [("telnet.listen", settings.telnet.listen), ("irc.serve", irc.serve)]
    listening = [(f"listen[{number}]", endpoint) for number, endpoint in enumerate(settings.listen)] + doors
    joined = [(f"irc.server[{number}]", server) for number, server in enumerate(irc.server or ())]
    joined += [(f"irc.networks[{number}].server", network.server) for number, network in enumerate(irc.networks)]
    for kind, read, found in (
        ('an endpoint such as "tcp:8080"', serverFromString, listening),
        ('a server such as "tls:host=irc.example.org:port=6697"', clientFromString, joined),
    ):
        for path, endpoint in found:
            try:
                if endpoint is not None:
                    read(reactor, endpoint)
            except Exception as error:  # each kind of endpoint has parameters, and errors, of its own
                mistake(path, f'"{endpoint}" is not {kind}: {error}')


def can_be_written(path: str) -> bool:
    """Whether a file is or could be there, for this user; it may be there where this user could not make it."""
    there = os.path.exists(path)
    return os.access(path if there else os.path.dirname(path), os.W_OK, effective_ids=True) and not os.path.isdir(path)


def resolve_game(game: Adventure, folder: Path, mistake: Callable[[str, str], None]) -> Adventure:
    """The places of the game, absolute. The world that comes with the server need not be in the folder."""
    world = folder / game.world
    if not os.path.isfile(world):
        if game.world != Adventure().world:
            mistake("adventure.world", f'"{world}" is not a file')
        world = shipped("adventure") / "world.yaml"
    save = None if game.save is None else str(folder / game.save)
    return msgspec.structs.replace(game, world=str(world), save=save)


def wrong_identity(mount: Mount) -> Iterator[tuple[str, str]]:
    """What is wrong with who the programs of a mount are: the setting, and why."""
    for name, account, known in (("user", mount.user, pwd.getpwnam), ("group", mount.group, grp.getgrnam)):
        if account is None:
            continue
        if os.geteuid():
            yield name, f'only root may run programs as "{account}", and this is not root'
        try:
            known(account)
        except KeyError:
            yield name, f'there is no {name} "{account}"'
        if shutil.which("setpriv") is None:
            yield name, "`setpriv` of util-linux is not installed"
    if mount.namespace and shutil.which("unshare") is None:
        yield "namespace", "`unshare` of util-linux is not installed"


def resolve_cgi(cgi: Cgi, folder: Path, mistake: Callable[[str, str], None]) -> Cgi:
    """The places of CGI programs, absolute. A mount whose folder is the one under the root need not have it."""
    mounts = []
    for number, mount in enumerate(cgi.mounts):
        place = None if mount.dir is None else folder / mount.dir
        if place is not None and not os.path.exists(place):
            mistake(f"cgi.mounts[{number}].dir", f'"{place}" is neither a folder nor a program')
        interpreters = {}
        for extension, program in mount.interpreters.items():
            found = shutil.which(str(folder / program) if "/" in program else program, path=cgi.path)
            if found is None:
                mistake(f"cgi.mounts[{number}].interpreters.{extension}", f'"{program}" is not a program')
            interpreters[extension] = found or program
        roots = tuple(str(folder / root) for root in mount.sendfile.roots)
        for root in roots:
            if not os.path.isdir(root):
                mistake(f"cgi.mounts[{number}].sendfile.roots", f'"{root}" is not a folder')
        for name, problem in wrong_identity(mount):
            mistake(f"cgi.mounts[{number}].{name}", problem)
        changes = {
            "dir": None if place is None else str(place),
            "interpreters": interpreters,
            "sendfile": msgspec.structs.replace(mount.sendfile, roots=roots),
        }
        mounts.append(msgspec.structs.replace(mount, **changes))
    log = cgi.script_log
    if log.path is not None:
        path = str(folder / log.path)
        if not can_be_written(path):
            mistake("cgi.script_log.path", f'no file "{path}" can be written')
        log = msgspec.structs.replace(log, path=path)
    return msgspec.structs.replace(cgi, mounts=tuple(mounts), script_log=log)
