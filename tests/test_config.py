"""The settings: good files, every kind of mistake with its exact words, overrides, and what is said about them."""

import dataclasses
import json
import re
from pathlib import Path

import msgspec
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial import unittest

from occwserv.config import ConfigError, Mistake, parse
from occwserv.settings import Settings, rows

ROOT = Path(__file__).parent.parent
SETTABLE = [row for row in rows() if "[]" not in row[0]]


def read(found: Settings, path: str) -> object:
    """The value at a dotted path."""
    value: object = found
    for name in path.split("."):
        value = getattr(value, name)
    return value


def mistakes(text: str, *overrides: str) -> list[str]:
    """What is said about a file; empty when nothing is."""
    try:
        parse(text, overrides=overrides)
    except ConfigError as error:
        return str(error).split("\n")
    return []


GOOD = [
    ("", "listen", ("tcp:8080",)),
    ("# nothing but a comment\n", "limits.head", 16384),
    ("{}", "stats.page", "/stats.html"),
    ("~", "shutdown.grace", 10),
    ("static:\n  # all of it commented out\n", "static.index", ("index.html",)),
    ("static: {types: }", "static.types", {}),
    ("listen: tcp:81", "listen", ("tcp:81",)),
    ('listen: ["tcp:81", "unix:/run/web.sock"]', "listen", ("tcp:81", "unix:/run/web.sock")),
    ("static: {root: site}", "static.root", "site"),
    ("static: {root: null}", "static.root", None),
    ("static: {root: 2001-01-01}", "static.root", "2001-01-01"),
    ("static: {root: !!str 5}", "static.root", "5"),
    ("static: {index: []}", "static.index", ()),
    ("static: {index: home.html}", "static.index", ("home.html",)),
    ("static: {listing: yes}", "static.listing", True),
    ('static: {charset: ""}', "static.charset", ""),
    ("static: {types: {.md: text/x-md; a=b}}", "static.types", {".md": "text/x-md; a=b"}),
    ("static: {precompressed: [gz, br]}", "static.precompressed", ("gz", "br")),
    ("static: {precompressed: []}", "static.precompressed", ()),
    ("timeouts: {head: 3}", "timeouts.head", 3.0),
    ("timeouts: {head: 0.25}", "timeouts.head", 0.25),
    ("shutdown: {grace: 0}", "shutdown.grace", 0.0),
    ("limits: {head: 256}", "limits.head", 256),
    ("limits: {body: 1_048_576}", "limits.body", 1048576),
    ("limits: {rate: 0}", "limits.rate", 0),
    ("log: {access: null}", "log.access", None),
    ("log: {access: log/web.log, format: common}", "log.format", "common"),
    ("stats: {page: null, json: null, metrics: null}", "stats.json", None),
    ("stats: {page: /stats.json, json: /stats.html}", "stats.page", "/stats.json"),
    ("stats: {allow: {page: 127.0.0.1}}", "stats.allow.page", ("127.0.0.1",)),
    ('stats: {allow: {json: &home ["10.0.0.0/8", "::1"], page: *home}}', "stats.allow.page", ("10.0.0.0/8", "::1")),
    ("cgi: {mounts: []}", "cgi.mounts", ()),
    ("irc: {serve: null, server: tcp:irc.example.org:6667}", "irc.serve", None),
    ("irc: {server: tls:irc.example.org:6697}", "irc.server", ("tls:irc.example.org:6697",)),
    ("irc: {server: [tcp:a:1, tcp:b:2]}", "irc.server", ("tcp:a:1", "tcp:b:2")),
    ("irc: {server: null}", "irc.server", None),
    ("telnet: {listen: null}", "telnet.listen", None),
]

BAD = [
    # values: their kind and their range
    ("\n\nlimits: {head: many}", 'tap.yaml:3: limits.head: expected an integer of at least 256, got "many"'),
    ("limits:\n  head: 255", "tap.yaml:2: limits.head: expected an integer of at least 256, got 255"),
    ("limits: {head: true}", "tap.yaml:1: limits.head: expected an integer of at least 256, got true"),
    ("limits: {head: 1024.0}", "tap.yaml:1: limits.head: expected an integer of at least 256, got 1024.0"),
    ("limits: {head: }", "tap.yaml:1: limits.head: expected an integer of at least 256, got null"),
    ("limits: {head: [300]}", "tap.yaml:1: limits.head: expected an integer of at least 256, got a list"),
    ("limits: {head: {a: 1}}", "tap.yaml:1: limits.head: expected an integer of at least 256, got a mapping"),
    ("limits: {body: -1}", "tap.yaml:1: limits.body: expected an integer of at least 0, got -1"),
    ("limits: {body: 0x_}", 'tap.yaml:1: limits.body: expected an integer of at least 0, got "0x_"'),
    (
        "limits: {body: 99999999999999999999}",
        "tap.yaml:1: limits.body: expected an integer of at least 0, got 99999999999999999999, which is too large",
    ),
    (
        f"limits: {{body: {'9' * 5000}}}",
        f'tap.yaml:1: limits.body: expected an integer of at least 0, got "{"9" * 79}…',
    ),
    ("timeouts: {idle: 0}", "tap.yaml:1: timeouts.idle: expected a number above 0 and at most 86400, got 0"),
    ("timeouts: {idle: .nan}", "tap.yaml:1: timeouts.idle: expected a number above 0 and at most 86400, got .nan"),
    ("timeouts: {idle: .inf}", "tap.yaml:1: timeouts.idle: expected a number above 0 and at most 86400, got .inf"),
    ("timeouts: {idle: on}", "tap.yaml:1: timeouts.idle: expected a number above 0 and at most 86400, got true"),
    ("shutdown: {grace: -1}", "tap.yaml:1: shutdown.grace: expected a number from 0 to 86400, got -1"),
    ("static: {listing: 1}", "tap.yaml:1: static.listing: expected true or false, got 1"),
    ('static: {listing: "yes"}', 'tap.yaml:1: static.listing: expected true or false, got "yes"'),
    ("static: {root: 5}", "tap.yaml:1: static.root: expected a path or null, got 5"),
    ('static: {root: "a\\0"}', 'tap.yaml:1: static.root: expected a path or null, got "a\\u0000"'),
    ('static: {root: "\\ud800"}', 'tap.yaml:1: static.root: expected a path or null, got "\\ud800"'),
    ("log: {format: json}", 'tap.yaml:1: log.format: expected "combined" or "common", got "json"'),
    ("log: {access: off}", "tap.yaml:1: log.access: expected a path or null, got false"),
    ("irc: {nick: a b}", 'tap.yaml:1: irc.nick: expected an IRC nickname, got "a b"'),
    # what goes into headers cannot break out of them
    (
        'static: {charset: "a\\r\\nb"}',
        'tap.yaml:1: static.charset: expected a character set such as "utf-8", got "a\\r\\nb"',
    ),
    (
        'static: {types: {.a: "a/b\\n"}}',
        'tap.yaml:1: static.types.a: expected a media type such as "text/plain", got "a/b\\n"',
    ),
    # lists and tables: the entry that is wrong is named
    ("listen: 8080", 'tap.yaml:1: listen: expected an endpoint such as "tcp:8080", got 8080'),
    ('listen: "8080"', 'tap.yaml:1: listen: expected an endpoint such as "tcp:8080", got "8080"'),
    ("listen: []", 'tap.yaml:1: listen: expected a list of endpoints such as "tcp:8080", got an empty list'),
    ("listen: {}", 'tap.yaml:1: listen: expected a list of endpoints such as "tcp:8080", got an empty mapping'),
    ("listen: &a [*a]", 'tap.yaml:1: listen[0]: expected an endpoint such as "tcp:8080", got a list'),
    ("listen:\n- tcp:1\n- 2", 'tap.yaml:3: listen[1]: expected an endpoint such as "tcp:8080", got 2'),
    ("static: {index: }", "tap.yaml:1: static.index: expected a list, each the name of a file, got null"),
    (
        "static: {index: {}}",
        "tap.yaml:1: static.index: expected a list, each the name of a file, got an empty mapping",
    ),
    ("static: {index: [../a]}", 'tap.yaml:1: static.index[0]: expected the name of a file, got "../a"'),
    (
        "static: {precompressed: [lz]}",
        'tap.yaml:1: static.precompressed[0]: expected "br" or "zst" or "gz", got "lz"',
    ),
    (
        "static: {types: {md: text/x}}",
        'tap.yaml:1: static.types: expected an extension with its dot such as ".md", got "md"',
    ),
    ("static: {types: {.a: a/b, .a: a/c}}", "tap.yaml:1: static.types.a: given twice"),
    ("static: {types: [.md]}", "tap.yaml:1: static.types: expected a mapping, got a list"),
    ("cgi: {mounts: {mount: /a/}}", "tap.yaml:1: cgi.mounts: expected a list, each a mapping, got a mapping"),
    ("cgi: {mounts: [5]}", "tap.yaml:1: cgi.mounts[0]: expected a mapping, got 5"),
    (
        "cgi:\n  mounts:\n  - mount: /a/\n  - mount: b",
        'tap.yaml:4: cgi.mounts[1].mount: expected a URL path that begins and ends with "/", got "b"',
    ),
    # the statistics
    ("stats: {page: a}", 'tap.yaml:1: stats.page: expected a URL path that begins with "/" or null, got "a"'),
    ("stats:\n  page: /a\n  json: /a", 'tap.yaml:3: stats.json: "/a" is stats.page already'),
    ("stats:\n  page: /metrics", 'tap.yaml:2: stats.page: "/metrics" is stats.metrics already'),
    (
        "stats: {allow: {page: [::1/129]}}".replace("[", '["').replace("]", '"]'),
        'tap.yaml:1: stats.allow.page[0]: expected an address or a network such as "10.0.0.0/8", got "::1/129"',
    ),
    (
        "stats: {allow: {json: 10.0.0.1/8}}",
        'tap.yaml:1: stats.allow.json: expected an address or a network such as "10.0.0.0/8", got "10.0.0.1/8"',
    ),
    # names
    ("cgi: {workes: 3}", "tap.yaml:1: cgi.workes: no such setting; did you mean cgi.workers?"),
    ("grace: 3", "tap.yaml:1: grace: no such setting; did you mean shutdown.grace?"),
    ("head: 3", "tap.yaml:1: head: no such setting; did you mean timeouts.head or limits.head or cgi.limits.head?"),
    ("limit: {head: 3}", "tap.yaml:1: limit: no such setting; did you mean limits?"),
    (
        "limits: {idle: 3}",
        "tap.yaml:1: limits.idle: no such setting; did you mean timeouts.idle or cgi.timeouts.idle or telnet.idle?",
    ),
    ("stats: {allow: {pages: []}}", "tap.yaml:1: stats.allow.pages: no such setting; did you mean stats.allow.page?"),
    ("cgi: {mounts: [{dri: a}]}", "tap.yaml:1: cgi.mounts[0].dri: no such setting; did you mean cgi.mounts[].dir?"),
    ("limits.head: 300", 'tap.yaml:1: limits.head: no such setting; write "head" beneath "limits", without the dot'),
    ("zzz: 3", "tap.yaml:1: zzz: no such setting"),
    ("<<: {listen: tcp:1}", "tap.yaml:1: <<: no such setting"),
    ('"a\\nb\\e": 3', "tap.yaml:1: a\\nb\\x1b: no such setting"),
    ("limits:\n  head: 300\n  head: 301", "tap.yaml:3: limits.head: given twice"),
    ("static: {}\nstatic: {}", "tap.yaml:2: static: given twice"),
    ("8080: tcp", "tap.yaml:1: expected text as a key, got 8080"),
    ("? [a]\n: b", "tap.yaml:1: expected text as a key, got a list"),
    ("limits: {null: 3}", "tap.yaml:1: limits: expected text as a key, got null"),
    # the whole text
    ("[]", "tap.yaml:1: expected a mapping, got an empty list"),
    ("tcp:8080", 'tap.yaml:1: expected a mapping, got "tcp:8080"'),
    ("static: 5", "tap.yaml:1: static: expected a mapping, got 5"),
    ("\nlisten: 'a", "tap.yaml:2: not YAML: while scanning a quoted scalar, found unexpected end of stream"),
    (
        "a: 1\n---\nb: 2",
        "tap.yaml:2: not YAML: expected a single document in the stream, but found another document",
    ),
    ("a: *b", "tap.yaml:1: not YAML: found undefined alias 'b'"),
    ("listen: ! a", "tap.yaml:1: not YAML: the tag ! is not known"),
    ("listen: !secret a", "tap.yaml:1: not YAML: the tag !secret is not known"),
    ("limits:\n  head: !!int 5", "tap.yaml:2: not YAML: the tag tag:yaml.org,2002:int is not known"),
    ("\na: \0", "tap.yaml:2: not YAML: character U+0000 is not allowed"),
    ('a: "\\UFFFFFFFF"', "tap.yaml: not YAML: a number or an escape is out of range"),
    ("\n" + "[" * 5000, "tap.yaml:2: not YAML: nested more than 32 deep"),
    ("- " * 5000, "tap.yaml:1: not YAML: nested more than 32 deep"),
]

OVERRIDES = [
    (["limits.head=300"], "limits.head", 300),
    (["limits.head=300", "limits.head=400"], "limits.head", 400),
    (['listen=["tcp:1","tcp:2"]'], "listen", ("tcp:1", "tcp:2")),
    (["listen=tcp:1"], "listen", ("tcp:1",)),
    (["timeouts={head: 1, body: 2}", "timeouts.body=3"], "timeouts.head", 1.0),
    (["timeouts={head: 1, body: 2}", "timeouts.body=3"], "timeouts.body", 3.0),
    (["timeouts={head: 1}"], "timeouts.idle", 7.0),
    (["static.types={.a: b/c}"], "static.types", {".a": "b/c"}),
    (["static.root=a=b"], "static.root", "a=b"),
    (["log.access=-"], "log.access", "-"),
    (["log.access="], "log.access", None),
    (["stats.allow.page=::1"], "stats.allow.page", ("::1",)),
    (["cgi.mounts=[{mount: /x/}, {dir: y}]", "cgi.queue=0"], "cgi.queue", 0),
]

BAD_OVERRIDES = [
    ("cgi.workes=3", "--set cgi.workes=3: cgi.workes: no such setting; did you mean cgi.workers?"),
    ("limit.head=3", "--set limit.head=3: limit.head: no such setting; did you mean limits.head?"),
    ("limits.head.x=3", "--set limits.head.x=3: limits.head.x: no such setting; did you mean limits.head?"),
    ("=3", "--set =3: no such setting"),
    ("limits.head", "--set limits.head: expected KEY=VALUE such as limits.body=1048576"),
    ("limits.head=", "--set limits.head=: limits.head: expected an integer of at least 256, got null"),
    ("limits={hed: 3}", "--set limits={hed: 3}: limits.hed: no such setting; did you mean limits.head?"),
    ("limits={head: 300, head: 300}", "--set limits={head: 300, head: 300}: limits.head: given twice"),
    (
        "static.types.md=a/b",
        "--set static.types.md=a/b: static.types.md: no such setting; did you mean static.types?",
    ),
    ("cgi.mounts[].dir=a", "--set cgi.mounts[].dir=a: cgi.mounts[]: no such setting; did you mean cgi.mounts?"),
    ("stats.page=/metrics", '--set stats.page=/metrics: stats.page: "/metrics" is stats.metrics already'),
    (
        "listen=[a",
        "--set listen=[a: listen: not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'",
    ),
    ("log.access=a\udc80", "--set log.access=a\\udc80: log.access: not YAML: character U+DC80 is not allowed"),
]


class FileTests(unittest.TestCase):
    def test_good_files(self):
        for text, path, value in GOOD:
            found = read(parse(text), path)
            self.assertEqual((text, type(found), found), (text, type(value), value))

    def test_what_is_not_given_has_its_default(self):
        self.assertEqual(parse("limits: {head: 16384}\nstatic:\nstats: {allow: {page: []}}"), Settings())

    def test_a_mount_has_defaults_too(self):
        first, second = parse("cgi: {mounts: [{mount: /x/}, {dir: y}]}").cgi.mounts
        self.assertEqual((first.mount, first.dir, second.mount, second.dir), ("/x/", None, "/cgi-bin/", "y"))

    def test_settings_cannot_be_changed(self):
        found = parse("")
        self.assertRaises(AttributeError, setattr, found, "listen", ("tcp:1",))
        self.assertRaises(AttributeError, setattr, found.limits, "head", 1)

    def test_two_readings_share_no_table(self):
        parse("").static.types[".a"] = "b/c"
        self.assertEqual(parse("").static.types, {})

    def test_the_file_of_the_repository(self):
        found = parse((ROOT / "tap.yaml").read_text("utf-8"))
        self.assertEqual((found.listen, found.static.root, found.log.access), (("tcp:8080",), "public_html", "-"))


class MistakeTests(unittest.TestCase):
    def test_each_mistake_has_its_words(self):
        for text, said in BAD:
            self.assertEqual((text, mistakes(text)), (text, [said]))

    def test_all_mistakes_are_told_at_once(self):
        text = """\
listen: 5
limits: {head: 1, body: x}
static:
  indx: a
  types: {a: b}
stats: {page: /metrics}
8: 9
"""
        self.assertEqual(
            mistakes(text, "a", "log.keep=x"),
            [
                'tap.yaml:1: listen: expected an endpoint such as "tcp:8080", got 5',
                "tap.yaml:2: limits.head: expected an integer of at least 256, got 1",
                'tap.yaml:2: limits.body: expected an integer of at least 0, got "x"',
                "tap.yaml:4: static.indx: no such setting; did you mean static.index?",
                'tap.yaml:5: static.types: expected an extension with its dot such as ".md", got "a"',
                'tap.yaml:5: static.types.a: expected a media type such as "text/plain", got "b"',
                "tap.yaml:7: expected text as a key, got 8",
                "--set a: expected KEY=VALUE such as limits.body=1048576",
                '--set log.keep=x: log.keep: expected an integer of at least 0, got "x"',
                'tap.yaml:6: stats.page: "/metrics" is stats.metrics already',
            ],
        )

    def test_a_mistake_is_a_value(self):
        error = self.assertRaises(ConfigError, parse, "\ngrace: 1", "/etc/tap.yaml", ["irc.nick=5"])
        self.assertEqual(
            error.mistakes,
            [
                Mistake("grace", "no such setting; did you mean shutdown.grace?", 2, "/etc/tap.yaml"),
                Mistake("irc.nick", "expected an IRC nickname, got 5", None, "--set irc.nick=5"),
            ],
        )
        self.assertRaises(dataclasses.FrozenInstanceError, setattr, error.mistakes[0], "line", 3)
        self.assertTrue(str(error).startswith("/etc/tap.yaml:2: grace: no such setting"))

    def test_a_mistake_is_one_line_that_can_be_printed(self):
        said = str(Mistake("a\nb", "got \x1b[31m\udc80é", None, "--set a\r"))
        self.assertEqual(said, "--set a\\r: a\\nb: got \\x1b[31m\\udc80é")

    def test_aliases_do_not_multiply_without_end(self):
        bomb = "a: &a {" + ", ".join(f"k{n}: 1" for n in range(400)) + "}\ncgi: {mounts: [" + "*a, " * 400 + "]}"
        self.assertEqual(mistakes(bomb)[-1], "tap.yaml: more than 100000 entries")

    def test_nested_aliases_are_not_followed(self):
        levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
        self.assertEqual(len(mistakes(f"a0: &a0 [x]\n{levels}\nlisten: *a29")), 39)


class OverrideTests(unittest.TestCase):
    def test_overrides(self):
        for overrides, path, value in OVERRIDES:
            found = read(parse("timeouts: {idle: 7}\nstatic: {types: {.z: z/z}}", overrides=overrides), path)
            self.assertEqual((overrides, found), (overrides, value))

    def test_an_override_wins_over_the_file(self):
        self.assertEqual(parse("irc: {nick: a}", overrides=["irc.nick=b"]).irc.nick, "b")

    def test_each_mistake_has_its_words(self):
        for override, said in BAD_OVERRIDES:
            self.assertEqual((override, mistakes("", override)), (override, [said]))

    def test_the_mistakes_of_the_file_are_told_too(self):
        self.assertEqual(len(mistakes("'", "a=1", "irc.nick=b", "b")), 3)

    def test_every_setting_can_be_set_to_its_default(self):
        for path, _, default, _ in SETTABLE:
            self.assertEqual((path, parse("", overrides=[f"{path}={default}"])), (path, Settings()))


class DocumentationTests(unittest.TestCase):
    def test_the_documentation_lists_exactly_the_settings(self):
        text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
        self.assertEqual(re.findall(r"^\| `(.+?)` \| (.+?) \| `(.+?)` \| (.+?) \|$", text, re.MULTILINE), rows())

    def test_the_mistakes_that_are_shown_are_told_so(self):
        text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
        shown = re.findall(r"^(?:tap\.yaml:\d|--set ).*$", text, re.MULTILINE)
        file = "\n\nlimits: {head: many}\n\n\n\ncgi: {workes: 3}\n\ngrace: 3\n"
        self.assertEqual(mistakes(file, "limits.line=1"), shown)

    def test_the_file_that_is_shown_can_be_read(self):
        text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
        for example in re.findall(r"^```yaml\n(.+?)^```$", text, re.MULTILINE | re.DOTALL):
            self.assertNotEqual(parse(example), Settings())

    def test_rows_tell_the_default_and_something_to_each(self):
        for path, kind, default, said in rows():
            self.assertTrue(kind and said, path)
            if "[]" not in path:
                value = read(Settings(), path)
                self.assertEqual(default if path == "cgi.mounts" else json.dumps(value), default)


NAMES = sorted({name for row in rows() for name in row[0].replace("[]", "").split(".")})
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | SCALARS, inner, max_size=5),
    max_leaves=25,
)
PIECES = st.sampled_from([*"[]{}:,-?&*!|>'\"%#\n \\~<", ": ", "\n  ", "- ", "&a ", "*a", "!!str ", "\\ud800", *NAMES])
TEXTS = st.text(max_size=60) | st.lists(PIECES, max_size=25).map("".join)
ALIKE = settings(
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


class PropertyTests(unittest.TestCase):
    """Whatever is given, settings come out or ConfigError with a line for each mistake; never anything else."""

    def read_or_refuse(self, text: str, *overrides: str) -> None:
        try:
            found = parse(text, overrides=overrides)
        except ConfigError as error:
            self.assertTrue(error.mistakes)
            said = str(error)
            self.assertEqual(said.split("\n"), [str(mistake) for mistake in error.mistakes])
            said.encode()
            self.assertTrue(said.replace("\n", "").isprintable())
        else:
            self.assertIsInstance(found, Settings)
            self.assertEqual(msgspec.convert(msgspec.to_builtins(found), Settings), found)

    @ALIKE
    @given(TEXTS)
    def test_any_text(self, text):
        self.read_or_refuse(text)

    @ALIKE
    @given(DATA)
    def test_any_yaml(self, data):
        self.read_or_refuse(yaml.safe_dump(data))

    @ALIKE
    @given(st.sampled_from(SETTABLE), SCALARS | DATA)
    def test_any_value_of_a_setting(self, row, data):
        self.read_or_refuse("", f"{row[0]}={yaml.safe_dump(data, default_flow_style=True)}")

    @ALIKE
    @given(st.lists(TEXTS, max_size=3))
    def test_any_overrides(self, overrides):
        self.read_or_refuse("", *overrides)
