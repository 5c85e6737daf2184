"""Adapter. The code of the world: loaded again and again, each time as a package of its own, beside the one that plays.

What doors hold stays as it was loaded first (`STAYS`), and the packages share it; it is read when the server starts.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType

HERE = Path(__file__).parent
STAYS = ("code", "game", "limits", "seat", "seats", "store", "visits")
Facts = dict[str, tuple[int, int, int]]
_numbers = count(1)


class Unusable(Exception):
    """The code can not be used; the text tells where and why."""


class Code:
    """One state of it. `world` and `worldfile` are its modules of these names."""

    def __init__(self, package: str = __package__) -> None:
        self.package = package
        self.world = import_module(f"{package}.world")
        self.worldfile = import_module(f"{package}.worldfile")

    def forget(self) -> None:
        """Nothing is to be imported from it any more."""
        if self.package != __package__:
            for name in [name for name in sys.modules if f"{name}.".startswith(f"{self.package}.")]:
                del sys.modules[name]


def load(folder: Path = HERE) -> Code:
    """The code as its files are now.

    :raise Unusable: something is wrong with them.
    """
    name = f"{__package__}.as_of_{next(_numbers)}"
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = [str(folder)]
    for stays in STAYS:
        sys.modules[f"{name}.{stays}"] = import_module(f"{__package__}.{stays}")
    finder = Finder(name, folder)
    sys.meta_path.insert(0, finder)
    try:
        return Code(name)
    except BaseException as error:
        for each in [each for each in sys.modules if f"{each}.".startswith(f"{name}.")]:
            del sys.modules[each]
        raise Unusable(where(error)) from None
    finally:
        sys.meta_path.remove(finder)


class Finder(MetaPathFinder):
    """Finds the modules of such a package."""

    def __init__(self, package: str, folder: Path) -> None:
        self._package, self._folder = package, folder

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        package, _, module = name.rpartition(".")
        file = str(self._folder / f"{module}.py")
        return spec_from_file_location(name, file, loader=Fresh(name, file)) if package == self._package else None


class Fresh(SourceFileLoader):
    """Loads what stands in the file. Python's own cache tells files apart by the second, and by their length."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def facts_of(folder: Path = HERE) -> Facts:
    """What tells one state of the files from another."""
    found = {}
    for path in folder.glob("*.py"):
        try:
            facts = path.stat()
        except OSError:  # an editor may be at it
            continue
        if path.stem not in STAYS and not path.stem.startswith("__"):
            found[path.name] = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
    return found


def where(error: BaseException) -> str:
    """An error of the code in one line: in which file and line, and what."""
    if isinstance(error, SyntaxError):
        return f"{Path(error.filename or '').name}:{error.lineno}: {error.msg}"
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}: "
        trace = trace.tb_next
    return f"{place}{type(error).__name__}: {error}"
