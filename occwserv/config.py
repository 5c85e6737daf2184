"""Pure. The text of `tap.yaml` becomes frozen settings, or all its mistakes at once.

`parse` walks YAML nodes, which know their lines, against the Structs of `settings` and goes no deeper than
these, so that an alias leads to no circle; it can only repeat, and MOST bounds that. Overrides are walked
like the file, after it, and so they win.
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeVar

import msgspec
import yaml
from msgspec import Meta, Struct

from .settings import PATHS, Settings, Stats, is_struct, peel, wanted
from .settings.kinds import HUGE

DEEPEST = 32  # levels of nesting: PyYAML composes by recursion, and deeper text would overflow Python's stack
MOST = 100_000  # entries that are walked
TAG = "tag:yaml.org,2002:"
T = TypeVar("T")
Place = tuple[int | None, str]  # line and source
Member = tuple[str, Any, yaml.Node, str]  # name, type, node and dotted path


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
        if depth > DEEPEST or tag not in (None, f"{TAG}str"):
            problem = f"nested more than {DEEPEST} deep" if depth > DEEPEST else f"the tag {tag} is not known"
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
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

    def __init__(self, source: str) -> None:
        self.source, self.lined = source, True
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
        self.source, self.lined = f"--set {text}", False
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
        if core is UnionType and plain(node) is not None and peel(inner[0])[0] is tuple:
            return self.value(inner[0], node, path)
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
            return value
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


def parse(text: str, source: str = "tap.yaml", overrides: Sequence[str] = ()) -> Settings:
    """The settings in a file's text and in `KEY=VALUE` overrides; raises ConfigError with every mistake."""
    walk = Walk(source)
    walk.text(text)
    for override in overrides:
        walk.override(override)
    walk.distinct()
    if walk.mistakes:
        raise ConfigError(walk.mistakes)
    return msgspec.convert(walk.tree, Settings)
