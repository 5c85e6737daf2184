"""The house keeps its shape: who may import whom, and what kind of module each file says it is."""

import ast
from pathlib import Path

from twisted.trial import unittest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "occwserv"

# A station may import what stands to the right of its arrow (ARCHITECTURE.md), never its siblings.
GROUND = {"connection", "line", "roles", "csp", "net", "http", "config", "settings"}
MAY_IMPORT = {
    "http": set(),
    "csp": set(),
    "settings": set(),
    "config": {"settings"},
    "net": set(),
    "line": set(),
    "connection": {"roles", "net", "http", "line"},  # the roles as types alone
    "roles": {"connection", "net", "http", "line"},
    "frontend": GROUND,
    "resources": GROUND,
    "backend": GROUND,
    "irc": GROUND,
    "telnet": GROUND,
    "places": {"config", "settings"},
    "garbage": set(),
    "doors": {"irc", "telnet", "csp", "net", "settings"},  # and the adventure
    "server": {"doors", "garbage", "frontend", "resources", "backend", *GROUND},
    "tap": {"server", "places", "net", "config"},
}
KINDS = ("Pure.", "Process.", "Adapter.")
NOT_PURE = ("twisted", "socket", "asyncio", "threading", "subprocess", "random", "secrets")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def station(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "tap" if parts == ("__init__",) else parts[0]


def imports(path: Path) -> list[tuple[str, str]]:
    """(absolute module, name imported) of every import in a file, those inside functions as well."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            found += [(module, alias.name) for alias in node.names]
    return found


def ours(path: Path) -> set[str]:
    """The stations a file imports from."""
    stations = set()
    for module, name in imports(path):
        if module.split(".")[0] == "occwserv":
            rest = [*module.split(".")[1:], name]
            if rest[0] not in ("", "__version__"):
                stations.add(rest[0])
    return stations


def files_imported(path: Path) -> set[Path]:
    """Our files that a file imports, types alone as well."""
    found = set()
    for module, name in imports(path):
        for words in (module.split("."), [*module.split("."), name]):
            file = ROOT.joinpath(*words).with_suffix(".py")
            found |= {each for each in (file, file.with_suffix("") / "__init__.py") if each.is_file()}
    return found - {path}


class RingTests(unittest.SynchronousTestCase):
    """Who reads a file need not know those that stand above it."""

    def test_no_files_import_each_other(self) -> None:
        imported = {
            path: files_imported(path) for top in ("occwserv", "adventure") for path in (ROOT / top).rglob("*.py")
        }
        apart = {PACKAGE / "connection.py": {PACKAGE / "roles.py"}}  # two sides of one thing: types alone
        left = {path: found - apart.get(path, set()) for path, found in imported.items()}
        while free := [path for path, found in left.items() if not found & left.keys()]:
            left = {path: found for path, found in left.items() if path not in free}
        while free := left.keys() - set().union(*left.values()):  # who only imports such as do is in no ring himself
            left = {path: found for path, found in left.items() if path not in free}
        self.assertEqual([str(path.relative_to(ROOT)) for path in left], [])


class AdventureTests(unittest.SynchronousTestCase):
    """The adventure is a house of its own beside the server: it stands on the processes alone."""

    paths = sorted((ROOT / "adventure").rglob("*.py"))

    def test_it_imports_nothing_of_the_server_but_processes(self) -> None:
        wrong = [f"{path.name} imports {sorted(ours(path))}" for path in self.paths if ours(path) - {"csp"}]
        self.assertEqual((wrong, len(self.paths) > 10), ([], True))

    def test_its_modules_say_what_they_are_and_are_short(self) -> None:
        for path in self.paths:
            text = path.read_text()
            self.assertTrue((ast.get_docstring(ast.parse(text)) or "").startswith(KINDS), path.name)
            self.assertLessEqual(len(text.splitlines()), 300, path.name)

    def test_only_adapters_know_the_network_and_where_chance_comes_from(self) -> None:
        for path in self.paths:
            if (ast.get_docstring(ast.parse(path.read_text())) or "").startswith("Adapter."):
                continue
            for module, name in imports(path):
                allowed = (module, name) == ("random", "Random")  # it comes in as an argument, and is seeded
                self.assertTrue(allowed or module.split(".")[0] not in (*NOT_PURE, "time"), f"{path.name}: {module}")


class ArchitectureTests(unittest.SynchronousTestCase):
    """Each test names every file that breaks its rule."""

    def test_stations_import_only_what_they_may(self) -> None:
        wrong = []
        for path in modules():
            here = station(path)
            forbidden = ours(path) - MAY_IMPORT[here] - {here}
            wrong += [f"{path.relative_to(ROOT)} imports {name}" for name in sorted(forbidden)]
        self.assertEqual(wrong, [])

    def test_every_module_says_what_kind_it_is(self) -> None:
        wrong = []
        for path in modules():
            docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
            if not docstring.startswith(KINDS):
                wrong.append(str(path.relative_to(ROOT)))
        self.assertEqual(wrong, [])

    def test_pure_modules_know_no_network_no_clock_and_no_chance(self) -> None:
        wrong = []
        for path in modules():
            if not (ast.get_docstring(ast.parse(path.read_text())) or "").startswith("Pure."):
                continue
            for module, name in imports(path):
                if module.split(".")[0] in NOT_PURE or (module, name) in (("time", "time"), ("os", "")):
                    wrong.append(f"{path.relative_to(ROOT)} imports {module} {name}".rstrip())
        self.assertEqual(wrong, [])

    def test_http_imports_nothing_of_ours_and_no_twisted(self) -> None:
        for path in (PACKAGE / "http").glob("*.py"):
            self.assertEqual(ours(path) - {"http"}, set(), path.name)

    def test_the_reactor_is_imported_in_tap_and_net_alone(self) -> None:
        wrong = [
            str(path.relative_to(ROOT))
            for path in modules()
            if ("twisted.internet", "reactor") in imports(path) and station(path) not in ("tap", "net")
        ]
        self.assertEqual(wrong, [])

    def test_no_file_is_longer_than_its_reader_likes(self) -> None:
        long = {
            str(path.relative_to(ROOT)): lines
            for path in modules()
            if (lines := len(path.read_text().splitlines())) > 300
        }
        self.assertEqual(long, {})
