"""Pure. The text of `tap.yaml` becomes frozen settings, or all its mistakes at once.

A setting is one line of a Struct: its range, its meaning, its default; `rows()` lists them for the
documentation. `parse` walks YAML nodes, which know their lines, against the Structs and goes no deeper than
these, so that an alias leads to no circle; it can only repeat, and MOST bounds that. Overrides are walked
like the file, after it, and so they win.
"""

import difflib
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any, Literal, TypeGuard, TypeVar, get_args, get_origin

import msgspec
import yaml
from msgspec import Meta, Struct

DEEPEST = 32  # levels of nesting: PyYAML composes by recursion, and deeper text would overflow Python's stack
MOST = 100_000  # entries that are walked
HUGE = 2**53  # queues and timers of the standard library refuse numbers that are much larger
TAG = "tag:yaml.org,2002:"
T = TypeVar("T")
Place = tuple[int | None, str]  # line and source
Member = tuple[str, Any, yaml.Node, str]  # name, type, node and dotted path


def about(description: str) -> Meta:
    """What a setting means, with its unit."""
    return Meta(description=description)


def whole(least: int) -> Meta:
    return Meta(ge=least, lt=HUGE, title=f"an integer of at least {least}")


def like(title: str, pattern: str, check: Callable[[str], object] = str) -> Meta:
    """A text that is all `pattern`, and of which `check` raises no ValueError; mistakes call it `title`."""
    return Meta(title=title, pattern=rf"^(?:{pattern})\Z", extra={"check": check})


# fmt: off
Flag = Annotated[bool, Meta(title="true or false")]
Some = Annotated[int, whole(0)]
Many = Annotated[int, whole(1)]
Grace = Annotated[float, Meta(ge=0, le=86400, title="a number from 0 to 86400")]
Seconds = Annotated[float, Meta(gt=0, le=86400, title="a number above 0 and at most 86400")]
Text = Annotated[str, like("text", r"[^\0]+")]
Path = Annotated[str, like("a path", r"[^\0]+")]
File = Annotated[str, like("the name of a file", r"[^/\0]+")]
Endpoint = Annotated[str, like('an endpoint such as "tcp:8080"', r"[^\s:]+:[^\0]*")]
Url = Annotated[str, like('a URL path that begins with "/"', r"/[^\s?#]*")]
Prefix = Annotated[str, like('a URL path that begins and ends with "/"', r"/([^\s?#]*/)?")]
Charset = Annotated[str, like('a character set such as "utf-8"', r"[A-Za-z0-9._:+-]*")]
Extension = Annotated[str, like('an extension with its dot such as ".md"', r"\.[^\s/]+")]
Media = Annotated[str, like('a media type such as "text/plain"', r"[!-.0-:<-~]+/[!-.0-:<-~]+( *;[ -~]+)?")]
Network = Annotated[str, like('an address or a network such as "10.0.0.0/8"', r"\S+", ipaddress.ip_network)]
Nick = Annotated[str, like("an IRC nickname", r"[A-Za-z\[-`{-}][A-Za-z0-9\[-`{-}-]*")]
Encoding = Literal["br", "zst", "gz"]
Endpoints = Annotated[tuple[Endpoint, ...], Meta(
    min_length=1, title='a list of endpoints such as "tcp:8080"')]

class Static(Struct, frozen=True, kw_only=True):
    """Files."""
    root: Annotated[Path | None, about(
        "folder to serve; null: `./public_html` if there, else the shipped site")] = None
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
    pages: Annotated[Some, about("pages kept")] = 512
    bytes: Annotated[Some, about("bytes in all pages kept")] = 67108864
    page: Annotated[Some, about("bytes in the largest page kept")] = 1048576

class Mount(Struct, frozen=True, kw_only=True):
    """A folder of CGI programs."""
    mount: Annotated[Prefix, about("URL path of the programs")] = "/cgi-bin/"
    dir: Annotated[Path | None, about("folder of the programs; null: the one under `static.root`")] = None

class Cgi(Struct, frozen=True, kw_only=True):
    """CGI programs."""
    workers: Annotated[Many, about("programs that run at once")] = 32
    queue: Annotated[Some, about("requests that wait for a program to end")] = 256
    mounts: Annotated[tuple[Mount, ...], about("folders of programs")] = (Mount(),)

class Ogi(Struct, frozen=True, kw_only=True):
    """OGI modules."""
    prefix: Annotated[Prefix, about("URL path of the modules")] = "/ogi/"
    root: Annotated[Path, about("folder of the modules")] = "ogi"
    handlers: Annotated[Many, about("handlers of modules at once")] = 64
    watchdog: Annotated[Seconds, about("seconds that a module may run without yielding")] = 0.5

class Irc(Struct, frozen=True, kw_only=True):
    """The game on IRC."""
    nick: Annotated[Nick, about("nickname of the game")] = "occgam"
    server: Annotated[Text | None, about("server that the game joins; null: the built-in one")] = None
    serve: Annotated[Endpoint | None, about("built-in server; null: none")] = "tcp:6667:interface=127.0.0.1"

class Telnet(Struct, frozen=True, kw_only=True):
    """The game on telnet."""
    listen: Annotated[Endpoint | None, about("endpoint; null: none")] = "tcp:4000:interface=127.0.0.1"

class Adventure(Struct, frozen=True, kw_only=True):
    """The game itself."""
    world: Annotated[Path, about("file that describes the world")] = "adventure/world.yaml"
    save: Annotated[Path, about("file that keeps what has happened")] = "var/adventure.sqlite"

class Settings(Struct, frozen=True, kw_only=True):
    """All settings."""
    listen: Annotated[Endpoints, about("where to listen, as Twisted endpoint strings")] = ("tcp:8080",)
    static: Static = Static()
    timeouts: Timeouts = Timeouts()
    limits: Limits = Limits()
    log: Log = Log()
    stats: Stats = Stats()
    shutdown: Shutdown = Shutdown()
    cache: Cache = Cache()
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


@dataclass(frozen=True)
class Mistake:
    """What is wrong, and where; its text is one line that is safe to print."""

    path: str
    problem: str
    line: int | None
    source: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        said = ": ".join(filter(None, (place, self.path, self.problem)))
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in said)


class ConfigError(Exception):
    """All the mistakes; its text has one a line."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def joined(path: str, name: str) -> str:
    return f"{path}.{name.removeprefix('.')}" if path else name


def suggestion(path: str) -> str:
    """What a path that is no setting may have been meant to be."""
    above, _, name = re.sub(r"\[\d+]", "[]", path).rpartition(".")
    if path in PATHS:  # the file has a key with a dot
        return f'; write "{name}" beneath "{above}", without the dot'
    split = [(known, *known.rpartition(".")[::2]) for known in PATHS]
    beside = {last: known for known, parent, last in split if parent == above}
    anywhere = {last: known for known, _, last in split}
    found = (
        [beside[last] for last in difflib.get_close_matches(name, beside, 1, 0.75)]
        or difflib.get_close_matches(path, () if beside else PATHS, 1, 0.85)
        or [known for known, _, last in split if last == name]
        or [beside[last] for last in difflib.get_close_matches(name, beside, 1, 0.6)]
        or [anywhere[last] for last in difflib.get_close_matches(name, anywhere, 1, 0.75)]
    )
    return f"; did you mean {' or '.join(found[:3])}?" if found else ""


def compose(text: str) -> yaml.Node:
    """The node at the root. Beside YAMLError, a bad escape raises ValueError or OverflowError."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        tag = getattr(event, "tag", None)
        if depth > DEEPEST or tag not in (None, "!", f"{TAG}str"):
            problem = f"nested more than {DEEPEST} deep" if depth > DEEPEST else f"the tag {tag} is not known"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
    return yaml.compose(text, yaml.SafeLoader) or yaml.ScalarNode(f"{TAG}null", "")


def plain(node: yaml.Node) -> object:
    """What YAML reads in a scalar: null, a boolean, a number, or text; a date is text here."""
    if isinstance(node, yaml.MappingNode):
        return node
    if not node.tag.endswith((":null", ":bool", ":int", ":float")):
        return node.value
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, OverflowError):  # 0x_, or more digits than Python converts
        return node.value


def shown(node: yaml.Node) -> str:
    """How a node is called after "got"."""
    if not isinstance(node, yaml.ScalarNode):
        name = "mapping" if isinstance(node, yaml.MappingNode) else "list"
        return f"a {name}" if node.value else f"an empty {name}"
    value = plain(node)
    said: str = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool | None) else node.value
    large = ", which is too large" if isinstance(value, int) and value >= HUGE else ""
    return f"{said if len(said) <= 80 else said[:80] + '…'}{large}"


class Walk:
    """Walks nodes against the Structs: what is good goes into the tree, what is not becomes a mistake."""

    def __init__(self, source: str, folder: str) -> None:
        self.source, self.lined, self.folder = source, True, folder
        self.tree: dict[str, Any] = {}
        self.places: dict[str, Place] = {}
        self.mistakes: list[Mistake] = []
        self.walked = 0

    def note(self, path: str, problem: str, place: Place) -> None:
        self.mistakes.append(Mistake(path, problem, *place))

    def place(self, node: yaml.Node) -> Place:
        return node.start_mark.line + 1 if self.lined else None, self.source

    def text(self, text: str, above: Sequence[str] = ()) -> None:
        """Walks a whole text, or one that stands at a path."""
        problem, line = "", None
        try:
            node = compose(text)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            problem = f"character U+{error.character:04X} is not allowed"
        except yaml.MarkedYAMLError as error:
            problem, mark = ", ".join(filter(None, (error.context, error.problem))), error.problem_mark
            line = mark.line + 1 if mark else None
        except (ValueError, OverflowError):
            problem = "a number or an escape is out of range"
        else:
            for name in reversed(above):
                node = yaml.MappingNode(f"{TAG}map", [(yaml.ScalarNode(f"{TAG}str", name), node)])
            return self.section(Settings, node, "", self.tree)
        self.note(".".join(above), f"not YAML: {problem}", (line if self.lined else None, self.source))

    def override(self, text: str) -> None:
        self.source, self.lined, self.folder = f"--set {text}", False, ""
        path, equals, value = text.partition("=")
        if not equals:
            self.note("", "expected KEY=VALUE such as limits.body=1048576", (None, self.source))
        elif path not in PATHS:
            self.note(path, f"no such setting{suggestion(path)}", (None, self.source))
        else:  # a lone dash would be a list to YAML, but is the log's standard output
            self.text('"-"' if value == "-" else value, path.split("."))

    def each(self, nodes: Iterable[T]) -> Iterator[T]:
        for node in nodes:
            self.walked += 1
            if self.walked > MOST:
                self.note("", f"more than {MOST} entries", (None, self.source))
                raise ConfigError(self.mistakes)
            yield node

    def pairs(self, node: yaml.Node, path: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """The names, keys and values of a mapping. Null has none: a section whose every line is a comment."""
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in self.each(node.value):
                name = plain(key)
                if not isinstance(name, str):
                    self.note(path, f"expected text as a key, got {shown(key)}", self.place(key))
                elif name in seen:
                    self.note(joined(path, name), "given twice", self.place(key))
                else:
                    seen.add(name)
                    yield name, key, value
        elif plain(node) is not None:
            self.note(path, f"expected a mapping, got {shown(node)}", self.place(node))

    def members(self, struct: type[Struct], node: yaml.Node, path: str) -> Iterator[Member]:
        """What a mapping gives of the members that a Struct has."""
        kinds = {member.name: member.type for member in msgspec.structs.fields(struct)}
        for name, key, value in self.pairs(node, path):
            inner = joined(path, name)
            if name in kinds:
                yield name, kinds[name], value, inner
            else:  # difflib is slow: a file that is no settings at all gets no thousands of suggestions
                hint = suggestion(inner) if len(self.mistakes) < 100 else ""
                self.note(inner, f"no such setting{hint}", self.place(key))

    def section(self, struct: type[Struct], node: yaml.Node, path: str, tree: dict[str, Any]) -> None:
        for name, kind, value, inner in self.members(struct, node, path):
            if is_struct(kind):
                self.section(kind, value, inner, tree.setdefault(name, {}))
            else:
                tree[name] = self.value(kind, value, inner)
                self.places[inner] = self.place(value)

    def value(self, kind: Any, node: yaml.Node, path: str) -> object:
        core, inner, metas = peel(kind)
        if is_struct(core):
            return {name: self.value(k, n, p) for name, k, n, p in self.members(core, node, path)}
        if core is dict:
            of, to = inner
            pairs = self.pairs(node, path)
            return {self.value(of, k, path): self.value(to, n, joined(path, name)) for name, k, n in pairs}
        if core is tuple and isinstance(node, yaml.SequenceNode) and node.value:
            return [self.value(inner[0], n, f"{path}[{i}]") for i, n in enumerate(self.each(node.value))]
        if core is tuple and isinstance(node, yaml.ScalarNode) and plain(node) is not None:
            return [self.value(inner[0], node, path)]
        return self.leaf(kind, metas, node, path)

    def leaf(self, kind: Any, metas: list[Meta], node: yaml.Node, path: str) -> object:
        try:
            value = msgspec.convert(plain(node), kind)
            for meta in metas:
                (meta.extra or {}).get("check", str)(value)
            str(value).encode()  # a lone surrogate could be neither a path nor printed
            relative = self.folder and value not in (None, "-") and wanted(kind).startswith("a path")
            return str(PurePath(self.folder, str(value))) if relative else value
        except (msgspec.ValidationError, ValueError):
            self.note(path, f"expected {wanted(kind)}, got {shown(node)}", self.place(node))
            return None

    def distinct(self) -> None:
        """No two of the statistics may be at one place."""
        given: dict[str, object] = self.tree.get("stats", {})
        first: dict[object, str] = {}
        for name in ("page", "json", "metrics"):
            path, url = f"stats.{name}", given.get(name, getattr(Stats(), name))
            old = first.setdefault(url, path)
            if url is not None and old != path:
                new, old = (path, old) if path in self.places else (old, path)
                self.note(new, f'"{url}" is {old} already', self.places[new])


def parse(text: str, source: str = "tap.yaml", overrides: Sequence[str] = (), folder: str = "") -> Settings:
    """The settings in a file's text and in `KEY=VALUE` overrides; raises ConfigError with every mistake.

    :param folder: where relative paths of the text begin; those of overrides are left as they are.
    """
    walk = Walk(source, folder)
    walk.text(text)
    for override in overrides:
        walk.override(override)
    walk.distinct()
    if walk.mistakes:
        raise ConfigError(walk.mistakes)
    return msgspec.convert(walk.tree, Settings)
