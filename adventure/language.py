"""Pure. What players write becomes commands; nouns find what they mean.

A verb may be shortened to whatever means one verb alone. Who is not understood is told what he may have meant.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from .verbs import DIRECTIONS, VERBS, Verb

MOST = 500  # characters of a line
ARTICLES = {"a", "an", "the", "some", "my"}
SMALL = {*ARTICLES, "to", "at", "with", "on"}
T = TypeVar("T")

DIRECTION_OF = {**{name: name for name in DIRECTIONS}, **{short: name for name, short in DIRECTIONS.items() if short}}


class Command(NamedTuple):
    """A line that was understood. `text` is what stands behind the verb, as it was written."""

    verb: Verb
    text: str
    words: tuple[str, ...] = ()


class Puzzled(Exception):
    """What a player is told whose words mean nothing here. It is no error of the game."""


def clean(line: str) -> str:
    """One line, without what a terminal or a page would take for something else."""
    line = line[:MOST]
    return (line if line.isprintable() else "".join(c if c.isprintable() else " " for c in line)).strip()


def parse(line: str, verbs: Mapping[str, Verb] = VERBS, role: str = "player") -> Command | None:
    """The command of a line. None: there is nothing in it.

    :raise Puzzled: it means nothing.
    """
    line = clean(line)
    if not line:
        return None
    if line[0] in "':\"?" and len(line) > 1:
        line = f"{line[0]} {line[1:]}"
    lowered = re.sub(r"\s+", " ", line.lower())
    direction = DIRECTION_OF.get(lowered)
    if direction:
        return Command(verbs["go"], direction, (direction,))
    verb, rest = _verb(line, lowered, verbs, role)
    words = tuple(word for word in rest.lower().split() if word not in ARTICLES)
    return Command(verb, rest, words)


def _verb(line: str, lowered: str, verbs: Mapping[str, Verb], role: str) -> tuple[Verb, str]:
    first = lowered.split(" ", 1)[0]
    two = " ".join(lowered.split(" ")[:2])
    exact = _EXACT if verbs is VERBS else _spoken(verbs)
    for spoken, count in ((two, 2), (first, 1)):
        if spoken in exact and (count == 1 or " " in spoken):
            return exact[spoken], _after(line, count)
    if first in DIRECTION_OF:
        raise Puzzled(f'To go {DIRECTION_OF[first]}, write "{first}" alone.')
    found = [verb for name, verb in verbs.items() if name.startswith(first)]
    found = [verb for verb in found if verb.role == "player"] or found  # builders' verbs do not crowd the others out
    if len(found) == 1:
        return found[0], _after(line, 1)
    if found:
        raise Puzzled(f'"{first}" could be {_either(verb.name for verb in found)}.')
    near = difflib.get_close_matches(first, exact, 1, 0.6)
    raise Puzzled(f'I do not know how to "{first}".' + (f" Did you mean {near[0]}?" if near else ' Try "help".'))


def _spoken(verbs: Mapping[str, Verb]) -> dict[str, Verb]:
    """Verbs by all that may be said for them, but what is shortened."""
    return {name: verb for verb in verbs.values() for name in (verb.name, *verb.short)}


_EXACT = _spoken(VERBS)


def _after(line: str, words: int) -> str:
    parts = line.split(None, words)
    return parts[words] if len(parts) > words else ""


def _either(names: Iterable[str]) -> str:
    *first, last = sorted(set(names))
    return f"{', '.join(first)} or {last}" if first else last


def split_at(words: tuple[str, ...], *marks: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words before and behind the first of some marks: `lamp in box`."""
    for place, word in enumerate(words):
        if word in marks:
            return words[:place], words[place + 1 :]
    return words, ()


def find(words: Iterable[str], among: Iterable[T], name_of: Any = lambda each: each.name) -> T:
    """What some words mean of what is there: `lamp`, `brass lamp`, `bra lam`, `2.lamp`.

    :raise Puzzled: nothing, or it is not clear which.
    """
    wanted = [word for word in words if word not in SMALL]
    if not wanted:
        raise Puzzled("What do you mean?")
    number, dot, rest = wanted[0].partition(".")
    nth = int(number) if dot and number.isdecimal() and len(number) < 4 else 0
    if nth:
        wanted[0] = rest
    best: list[T] = []
    rank = 0
    for each in among:
        fits = _fit(wanted, name_of(each).lower())
        if fits > rank:
            best, rank = [], fits
        if fits and fits == rank:
            best.append(each)
    if not best or nth > len(best):
        raise Puzzled(f'There is no "{" ".join(wanted)}" here.')
    names = {name_of(each) for each in best}
    if len(names) > 1 and not nth:
        raise Puzzled(f"Do you mean {_either(names)}?")
    return best[nth - 1 if nth else 0]


def _fit(wanted: list[str], name: str) -> int:
    """How well words fit a name: 0 not at all, 3 it is the whole name."""
    parts = re.findall(r"[^\s,.]+", name)
    whole = [part for part in parts if part not in ARTICLES]
    if wanted == whole:
        return 3
    if all(word in parts for word in wanted):
        return 2
    if all(word and any(part.startswith(word) for part in parts) for word in wanted):
        return 1
    return 0


def help_on(text: str, verbs: Mapping[str, Verb] = VERBS, role: str = "player") -> list[str]:
    """What help says."""
    roles = {"player": 0, "builder": 1, "operator": 2}
    mine = [verb for verb in verbs.values() if roles[verb.role] <= roles[role]]
    if not text.strip():
        names = " ".join(verb.name for verb in mine)
        return [f"You can: {names}.", 'Directions go. "help go" tells more of a verb; most may be shortened.']
    command = parse(text, {verb.name: verb for verb in mine}, role)
    assert command is not None
    verb = command.verb
    short = f" Short: {', '.join(verb.short)}." if verb.short else ""
    return [f"{verb.usage}: {verb.help}{short}"]
