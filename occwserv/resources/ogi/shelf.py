"""Adapter. The modules there are, by their names, and what they remember."""

import re
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path

from ...http.errors import HTTPError
from .entrance import facts_of
from .module import Module
from .pools.pool import Pool
from .roles import Farm
from .state import Remembered

_NAME = re.compile(rb"[a-z][a-z0-9_-]{0,63}")


class Shelf:
    """The modules of a farm.

    :param states: what they remember, when it is somebody else who reads and writes that.
    """

    def __init__(self, farm: Farm, states: Mapping[Path, Remembered] | None) -> None:
        self._farm = farm
        self._modules: dict[bytes, Module | Pool] = {}
        self._leaving: list[Pool] = []  # of settings that were: their workers finish what they have
        self._states: dict[Path, Remembered] = {}
        self._given = states

    def named(self, name: bytes) -> Module | Pool:
        """The module of a name.

        :raise HTTPError: there is none.
        """
        module = self._modules.get(name)
        return self._find(name) if module is None else module

    def all(self) -> list[Module | Pool]:
        """All there are, also those that nobody has asked for, by their names."""
        for path in sorted(Path(self._farm.settings.root or "ogi").glob("*.py")):
            name = path.stem.encode("utf-8", "replace")
            if name not in self._modules and _NAME.fullmatch(name):
                self._find(name)
        return sorted(self._modules.values(), key=lambda module: module.name)

    def known(self) -> list[Module | Pool]:
        """Those that somebody has asked for."""
        return list(self._modules.values())

    def pools(self) -> list[Pool]:
        """Those with workers, and those that were until the settings changed."""
        return [*self._leaving, *(module for module in self._modules.values() if isinstance(module, Pool))]

    def forget(self, module: Module | Pool) -> None:
        """The file of a module is gone."""
        module.shelved = False
        del self._modules[module.name.encode("ascii")]

    def clear(self) -> None:
        """The settings have changed: all are found anew, and the workers of those that were finish what they have."""
        self._leaving = self.pools()
        for module in self._modules.values():
            module.shelved = False
        self._modules.clear()

    def check(self, now: float) -> None:
        """The clock."""
        for module in chain(self._leaving, self.known()):
            module.check(now)
        self._leaving = [pool for pool in self._leaving if not pool.over]

    def remembered(self, name: str) -> Remembered:
        """What a module remembers: one mapping for all its instances, the old ones too."""
        path = Path(self._farm.settings.state) / f"{name}.json"
        if self._given is not None:
            return self._given[path]
        if path not in self._states:
            self._states[path] = Remembered(path)
        return self._states[path]

    def save(self, in_thread: Callable[[Callable[[], None]], object]) -> None:
        """Write what has changed of what they remember.

        :param in_thread: has a function called in a thread.
        """
        for state in self._states.values():
            state.save(in_thread)

    def _find(self, name: bytes) -> Module | Pool:
        if not _NAME.fullmatch(name):
            raise HTTPError(404, "there is no such application")
        settings = self._farm.settings
        text = name.decode("ascii")
        path = Path(settings.root or "ogi") / f"{text}.py"
        if facts_of(path) is None:
            raise HTTPError(404, f"there is no application {text}")
        place = f"{settings.prefix}{text}"
        model = settings.models.get(text, "reactor")
        module: Module | Pool
        if model == "reactor":
            module = Module(self._farm, text, path, place, self.remembered(text))
        else:
            # Processes read and write for themselves what they remember.
            state = self.remembered(text) if model == "thread_pool" else None
            module = Pool(self._farm, model, text, path, place, state)
        self._modules[name] = module
        return module
