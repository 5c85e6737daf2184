"""Pure. The settings of CGI programs: those of all mounts, and those in which one differs."""

from typing import Annotated, Literal

import msgspec
from msgspec import Struct

from .kinds import (
    Account,
    Extension,
    File,
    Flag,
    Many,
    Media,
    Name,
    Nice,
    Path,
    Prefix,
    Seconds,
    Some,
    Text,
    Token,
    Umask,
    Value,
    Variable,
    about,
    whole,
)  # fmt: skip

# fmt: off
Flow = Literal["full", "spill", "none"]
Waits = Literal["first_byte", "idle", "total", "linger", "kill"]
Bounds = Literal["head", "headers", "body", "output", "stderr", "spool", "spill"]
Resources = Literal["cpu", "memory", "processes", "files", "file", "core"]

class Buffering(Struct, frozen=True, kw_only=True):
    """What is collected before it is passed on."""
    request: Annotated[Flow, about(
        "a body before the program starts (`full`), what the program does not take yet (`spill`), nothing")] = "full"
    response: Annotated[Flow, about(
        "a whole answer before any of it is sent (`full`), what the client does not take yet (`spill`), nothing"
    )] = "none"

class Sendfile(Struct, frozen=True, kw_only=True):
    """Files that a program has sent in its place."""
    header: Annotated[Token, about("field in which a program names such a file")] = "X-Sendfile"
    roots: Annotated[tuple[Path, ...], about("folders such files may be in; empty: the field means nothing")] = ()

class Mount(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A folder of CGI programs, or one program."""
    mount: Annotated[Prefix, about("URL path of the programs")] = "/cgi-bin/"
    dir: Annotated[Path | None, about(
        "folder of the programs, or the one program; null: the one under `static.root`")] = None
    match: Annotated[tuple[Extension, ...], about("extensions of programs; empty: whatever is executable")] = ()
    interpreters: Annotated[dict[Extension, Path], about("what runs files with an extension")] = {}
    index: Annotated[tuple[File, ...], about("programs that answer for a folder")] = ("index.cgi",)
    path_info: Annotated[Flag, about("whether a path may go on behind a program's name; else 404")] = True
    encoded_slash: Annotated[Literal["reject", "decode", "keep"], about("what `%2F` in a path is")] = "reject"
    methods: Annotated[tuple[Token, ...], about("methods that are let through; empty: all")] = ()
    nph: Annotated[Flag, about("whether programs named `nph-…` write to the client as they are")] = True
    isindex_args: Annotated[Flag, about("whether the words of a query without `=` become arguments")] = False
    env: Annotated[dict[Variable, Value], about("variables that are set")] = {}
    pass_env: Annotated[tuple[Variable, ...], about("variables of the server's own that are passed on")] = ()
    env_from_header: Annotated[dict[Variable, Token], about("variables with the value of a field")] = {}
    pass_auth: Annotated[Flag, about("whether programs see the field Authorization")] = False
    default_type: Annotated[Media, about("media type of an answer that names none")] = "text/plain"
    on_disconnect: Annotated[Literal["kill", "ignore"], about("what is done when the client leaves")] = "kill"
    head_kill: Annotated[Flag, about("whether a program is ended as soon as the answer to a HEAD is known")] = False
    buffering: Buffering = Buffering()
    sendfile: Sendfile = Sendfile()
    workers: Annotated[Many | None, about("programs of the mount that run at once; null: `cgi.workers`")] = None
    user: Annotated[Account | None, about("user the programs have; null: the server's; else that is root")] = None
    group: Annotated[Account | None, about("group the programs have; null: the user's own")] = None
    umask: Annotated[Umask | None, about("rights that files they make do not have; null: the server's umask")] = None
    namespace: Annotated[Flag, about(
        "whether programs are in a PID namespace, so that nobody whom they start outlives them")] = False
    nice: Annotated[Nice | None, about("as `cgi.nice`; null: that")] = None
    timeouts: Annotated[dict[Waits, Seconds], about("those of `cgi.timeouts` that are others here")] = {}
    limits: Annotated[dict[Bounds, Many], about("those of `cgi.limits` that are others here")] = {}
    rlimits: Annotated[dict[Resources, Some | None], about("those of `cgi.rlimits` that are others here")] = {}

class CgiTimeouts(Struct, frozen=True, kw_only=True):
    """How long a CGI program may take."""
    first_byte: Annotated[Seconds, about("seconds until the head of its answer; then 504")] = 60
    idle: Annotated[Seconds, about("seconds between two pieces of its answer")] = 60
    total: Annotated[Seconds, about("seconds in all")] = 3600
    linger: Annotated[Seconds, about("seconds that those it started may go on writing when it has exited")] = 1
    kill: Annotated[Seconds, about("seconds between SIGTERM and SIGKILL")] = 5

class CgiLimits(Struct, frozen=True, kw_only=True):
    """How much a CGI program may say, and be told."""
    head: Annotated[int, whole(256), about("bytes in the head of its answer")] = 65536
    headers: Annotated[Many, about("fields in the head of its answer")] = 200
    body: Annotated[Many | None, about("bytes of a request's body; above them 413; null: `limits.body`")] = None
    output: Annotated[Many | None, about("bytes that it may write; null: any number")] = None
    stderr: Annotated[Some, about("bytes of its standard error that are logged")] = 65536
    stderr_rate: Annotated[Some, about("bytes per second of the standard error of all that are logged")] = 16384
    spool: Annotated[Some, about("bytes of a body or an answer that are kept in memory; more go to a file")] = 65536
    spill: Annotated[Many, about("bytes kept, where `buffering` says so, before who sends them has to wait")] = 16777216
    redirects: Annotated[Some, about("times that a request may be sent to another path of this server")] = 10

class Rlimits(Struct, frozen=True, kw_only=True):
    """What the system lets a CGI program have; null: as much as the server."""
    cpu: Annotated[Many | None, about("seconds of the processor")] = None
    memory: Annotated[Many | None, about("bytes of its address space")] = None
    processes: Annotated[Many | None, about("processes of its user")] = None
    files: Annotated[Many | None, about("files it has open")] = None
    file: Annotated[Some | None, about("bytes of a file it writes")] = None
    core: Annotated[Some | None, about("bytes of the memory image it leaves when it crashes")] = 0

class ScriptLog(Struct, frozen=True, kw_only=True):
    """What went wrong with CGI programs, in full."""
    path: Annotated[Path | None, about("file; null: none")] = None
    bytes: Annotated[Many, about("bytes after which nothing more is written to it")] = 10485760
    body: Annotated[Some, about("bytes of a request's body, and of what the program said, in each entry")] = 1024

class Cgi(Struct, frozen=True, kw_only=True):
    """CGI programs."""
    workers: Annotated[Many, about("programs that run at once")] = 32
    queue: Annotated[Some, about("requests that wait for a program to end; more get 503")] = 256
    wait: Annotated[Seconds, about("seconds that a request waits so; then 503")] = 5
    mounts: Annotated[tuple[Mount, ...], about("folders of programs")] = (Mount(),)
    nice: Annotated[Nice, about("how much programs give way to the server")] = 5
    path: Annotated[Text, about("the variable PATH of the programs")] = "/usr/local/bin:/usr/bin:/bin"
    names: Annotated[tuple[Name, ...], about(
        "what SERVER_NAME may be: the Host asked for, else the first; empty: the address")] = ()
    software: Annotated[Literal["name", "version", "full"], about(
        "what SERVER_SOFTWARE tells: `occwserv`, its version too, or Python's and the system's besides")] = "name"
    timeouts: CgiTimeouts = CgiTimeouts()
    limits: CgiLimits = CgiLimits()
    rlimits: Rlimits = Rlimits()
    script_log: ScriptLog = ScriptLog()
# fmt: on


def for_mount(cgi: Cgi, mount: Mount) -> Cgi:
    """The settings of one mount's programs: those of all, but for what the mount says."""
    change = msgspec.structs.replace
    return change(
        cgi,
        nice=cgi.nice if mount.nice is None else mount.nice,
        timeouts=change(cgi.timeouts, **mount.timeouts),
        limits=change(cgi.limits, **mount.limits),
        rlimits=change(cgi.rlimits, **mount.rlimits),
    )
