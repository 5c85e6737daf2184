"""Pure. What can be set: a setting is one line of a Struct, its range, its meaning, its default.

`rows()` lists them for the documentation; `config.py` reads a file against them.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeGuard, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from .cgi import Cgi as Cgi
from .cgi import CgiLimits as CgiLimits
from .cgi import CgiTimeouts as CgiTimeouts
from .cgi import Mount as Mount
from .cgi import Rlimits as Rlimits
from .game import Adventure as Adventure
from .game import Telnet as Telnet
from .irc import Irc as Irc
from .irc import IrcNetwork as IrcNetwork
from .irc import IrcServer as IrcServer
from .kinds import (
    Charset,
    Encoding,
    Endpoints,
    Extension,
    File,
    Flag,
    Grace,
    Many,
    Media,
    Model,
    Network,
    Path,
    Prefix,
    Seconds,
    Some,
    Text,
    Url,
    about,
    whole,
)


# fmt: off
class Static(Struct, frozen=True, kw_only=True):
    """Files."""
    root: Annotated[Path | None, about(
        "folder to serve; null: `public_html` if there, else the shipped site")] = None
    index: Annotated[tuple[File, ...], about("files that answer for a folder")] = ("index.html",)
    listing: Annotated[Flag, about("whether a folder without such a file is listed")] = False
    charset: Annotated[Charset, about('character set named with text types; `""`: none')] = "utf-8"
    types: Annotated[dict[Extension, Media], about("media types that are added to the table")] = {}
    precompressed: Annotated[tuple[Encoding, ...], about(
        "compressed forms sent if they lie beside the file, the preferred first")] = ("br", "zst", "gz")

class Timeouts(Struct, frozen=True, kw_only=True):
    """How long a client may take."""
    head: Annotated[Seconds, about("seconds in which the head of a request must be complete")] = 10
    body: Annotated[Seconds, about("seconds in which more of a body that is awaited must come")] = 60
    idle: Annotated[Seconds, about("seconds that a connection is kept for its next request")] = 30
    write: Annotated[Seconds, about("seconds in which the client must take more of the answer")] = 60
    linger: Annotated[Seconds, about("seconds of reading on after a last answer, so that it is not lost")] = 2

class Limits(Struct, frozen=True, kw_only=True):
    """How much a client may ask for."""
    connections: Annotated[Many, about("connections in all")] = 20000
    per_client: Annotated[Many, about("connections from one address")] = 1000
    head: Annotated[int, whole(256), about("bytes in the head of a request")] = 16384
    line: Annotated[int, whole(64), about("bytes in the request line")] = 8192
    headers: Annotated[Many, about("fields in the head of a request")] = 100
    body: Annotated[Some, about("bytes in the body of a request")] = 16777216
    trailers: Annotated[Some, about("bytes in the fields after a chunked body")] = 8192
    chunk_line: Annotated[int, whole(16), about("bytes in the line before a chunk")] = 256
    requests: Annotated[Many, about("requests on one connection")] = 100000
    rate: Annotated[Some, about("bytes per second that a client must keep up; 0: off")] = 500
    pipeline: Annotated[Some, about("bytes read ahead of an answer that is under way")] = 65536
    drain: Annotated[Some, about("bytes of an unread body that are read to keep the connection")] = 65536
    ranges: Annotated[Some, about("ranges in one request")] = 16
    descriptors: Annotated[Some, about("file descriptors kept free; below that, accepting pauses")] = 64

class Log(Struct, frozen=True, kw_only=True):
    """The access log."""
    access: Annotated[Path | None, about('file of the access log; `"-"`: standard output; null: off')] = "-"
    format: Annotated[Literal["combined", "common"], about("form of its lines")] = "combined"
    rotate: Annotated[Some, about("bytes after which a new file is begun; 0: never")] = 0
    keep: Annotated[Some, about("rotated files that are kept")] = 5
    queue: Annotated[Many, about("lines that wait for the disk; more are dropped, and counted")] = 10000

class Allow(Struct, frozen=True, kw_only=True):
    """Who may see the statistics."""
    page: Annotated[tuple[Network, ...], about("who may see `stats.page`; empty: everybody")] = ()
    json: Annotated[tuple[Network, ...], about("who may see `stats.json`; empty: everybody")] = ()
    metrics: Annotated[tuple[Network, ...], about("who may see `stats.metrics`; empty: everybody")] = ()

class Stats(Struct, frozen=True, kw_only=True):
    """Where the statistics are; no two of them at one place."""
    page: Annotated[Url | None, about("URL path of the page for people; null: none")] = "/stats.html"
    json: Annotated[Url | None, about("URL path of the same as JSON; null: none")] = "/stats.json"
    metrics: Annotated[Url | None, about("URL path of the same for Prometheus; null: none")] = "/metrics"
    allow: Allow = Allow()

class Shutdown(Struct, frozen=True, kw_only=True):
    """How the server stops."""
    grace: Annotated[Grace, about("seconds that answers under way are given when the server stops")] = 10

class Cache(Struct, frozen=True, kw_only=True):
    """The page cache."""
    pages: Annotated[Some, about("pages kept")] = 4096
    bytes: Annotated[Some, about("bytes in all pages kept")] = 67108864
    page: Annotated[Some, about("bytes in the largest page kept")] = 1048576
    rule: Annotated[Literal["demand", "paper"], about("what makes counts grow old: other pages, or time")] = "paper"

class Door(Struct, frozen=True, kw_only=True):
    """Requests that are answered without being read again."""
    heads: Annotated[Many, about("heads of requests that are remembered, each of at most 4096 bytes")] = 8192
    bytes: Annotated[Many, about("bytes of all heads, of their request lines, and of their fields, each")] = 8388608

class Ogi(Struct, frozen=True, kw_only=True):
    """OGI modules."""
    prefix: Annotated[Prefix, about("URL path of the modules")] = "/ogi/"
    root: Annotated[Path | None, about("folder of the modules; null: `ogi` here, else those shipped")] = None
    state: Annotated[Path, about("folder of what modules remember")] = "var/ogi"
    handlers: Annotated[Many, about("instances of modules at once")] = 64
    queue: Annotated[Many, about("requests that wait for one module")] = 1024
    persist: Annotated[Seconds, about("seconds after which an instance is for one request if it has not said more")] = 1
    answer: Annotated[Seconds, about("seconds that a module may take to begin an answer")] = 60
    watchdog: Annotated[Seconds, about("seconds that a module may run without yielding")] = 0.5
    imports: Annotated[Seconds, about("seconds that it may while it imports a library")] = 10
    faults: Annotated[Many, about("faults of a module in `ogi.window` after which it is not started again")] = 5
    window: Annotated[Seconds, about("seconds in which faults count")] = 60
    retire: Annotated[Seconds, about("seconds that an old instance may finish in before a new one starts")] = 5
    form: Annotated[Many, about("bytes of a form")] = 1048576
    feed: Annotated[Many, about("events that wait for a slow reader of a feed")] = 64
    options: Annotated[dict[Text, dict[Text, Text]], about("what modules are told, by their name")] = {}
    models: Annotated[dict[Text, Model], about("where modules run, by their name; others run in the server")] = {}
    workers: Annotated[Many, about("worker processes, or threads, of a module with a pool of them")] = 2
    abandoned: Annotated[Many, about("threads of a module that may be stuck at once; with so many it is 503")] = 4
    recycle: Annotated[Many, about("requests after which a worker makes room for a new one")] = 10000
    age: Annotated[Seconds, about("seconds after which it does")] = 3600
    large: Annotated[Many, about("bytes in memory above which it does")] = 268435456
    memory: Annotated[Some, about("bytes of addresses that a worker process may have; 0: any number")] = 2147483648
    heartbeat: Annotated[Seconds, about("seconds after which something is sent on a silent feed")] = 15

class Settings(Struct, frozen=True, kw_only=True):
    """All settings."""
    listen: Annotated[Endpoints, about("where to listen, as Twisted endpoint strings")] = ("tcp:8080",)
    static: Static = msgspec.field(default_factory=Static)  # not one table for all
    timeouts: Timeouts = Timeouts()
    limits: Limits = Limits()
    log: Log = Log()
    stats: Stats = Stats()
    shutdown: Shutdown = Shutdown()
    cache: Cache = Cache()
    door: Door = Door()
    cgi: Cgi = Cgi()
    ogi: Ogi = Ogi()
    irc: Irc = Irc()
    telnet: Telnet = Telnet()
    adventure: Adventure = Adventure()
# fmt: on


def peel(kind: Any) -> tuple[Any, tuple[Any, ...], list[Meta]]:
    """Takes `Annotated[X[A, ...], metas...]` apart: X, its arguments, the metas."""
    core, *metas = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    return get_origin(core) or core, get_args(core), metas


def is_struct(core: Any) -> TypeGuard[type[Struct]]:
    return isinstance(core, type) and issubclass(core, Struct)


def wanted(kind: Any) -> str:
    """How a type is called after "expected", and in the documentation."""
    core, inner, metas = peel(kind)
    title = next((meta.title for meta in metas if meta.title), None)
    if title or is_struct(core):
        return title or "a mapping"
    if core is Literal:
        return " or ".join(map(json.dumps, inner))
    if core is dict:
        return f"a mapping of {wanted(inner[0])} to {wanted(inner[1])}"
    return f"a list, each {wanted(inner[0])}" if core is tuple else f"{wanted(inner[0])} or null"


def every(struct: type[Struct], above: str = "") -> Iterator[tuple[str, msgspec.structs.FieldInfo]]:
    """All sections and settings, by their dotted path."""
    for member in msgspec.structs.fields(struct):
        core, inner, _ = peel(member.type)
        yield above + member.name, member
        if is_struct(core):
            yield from every(core, f"{above}{member.name}.")
        elif core is tuple and is_struct(inner[0]):
            yield from every(inner[0], f"{above}{member.name}[].")


PATHS = dict(every(Settings))


def rows() -> list[tuple[str, str, str, str]]:
    """The path, type, default (as JSON, which is YAML too) and description of each setting."""
    found = []
    for path, member in PATHS.items():
        for said in filter(None, (meta.description for meta in peel(member.type)[2])):
            default = {} if member.default is msgspec.NODEFAULT else msgspec.to_builtins(member.default)
            found.append((path, wanted(member.type), json.dumps(default), said))
    return found
