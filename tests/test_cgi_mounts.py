"""What a mount may have of its own: limits, times, a user, and what its programs are told of the server."""

import os
import platform
import pwd
import re
import signal
from pathlib import Path

from twisted.trial import unittest
from twisted.trial.unittest import SkipTest

from occwserv import __version__
from occwserv.config import ConfigError, parse
from occwserv.places import resolve
from occwserv.settings.cgi import Bounds, CgiLimits, CgiTimeouts, Resources, Rlimits, Waits

from .cgi_site import group_of, lines, program
from .serving import needed
from .test_cgi_life import ASK, TYPE, LifeCase


class SettingsTests(unittest.SynchronousTestCase):
    """What can be said of a mount."""

    def test_each_section_can_be_said_anew_by_its_names(self) -> None:
        for names, section, but in (
            (Waits, CgiTimeouts, set()), (Bounds, CgiLimits, {"stderr_rate", "redirects"}), (Resources, Rlimits, set())
        ):  # fmt: skip
            self.assertEqual(set(names.__args__), set(section.__struct_fields__) - but)

    def test_the_settings_that_are_shown_can_be_read(self) -> None:
        text = (Path(__file__).parent.parent / "docs" / "cgi.md").read_text("utf-8")
        (shown,) = re.findall(r"^```yaml\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
        self.assertEqual(parse(shown).cgi.mounts[0].user, "www-data")

    def test_what_is_not_there_is_said_with_its_place(self) -> None:
        text = "cgi: {mounts: [{user: no-such-user, group: no-such-group, sendfile: {roots: [nowhere]}}]}"
        with self.assertRaises(ConfigError) as caught:
            resolve(parse(text), Path(self.mktemp()), "tap.yaml", None)
        said = str(caught.exception)
        for part in (
            'cgi.mounts[0].user: there is no user "no-such-user"', 'mounts[0].group: there is no group "no-such-group"',
            "cgi.mounts[0].sendfile.roots:",
        ):  # fmt: skip
            self.assertIn(part, said)


class MountTests(LifeCase, unittest.SynchronousTestCase):
    """Each with a server of its own."""

    def test_limits_times_and_priorities_of_its_own(self) -> None:
        server = self.serve(
            "cgi.software=full",
            mount=", umask: '027', nice: 7, rlimits: {files: 40}, timeouts: {first_byte: 0.3}, limits: {output: 1000}",
            shows=TYPE + "sleep 0.05; umask; ulimit -n; nice; echo $SERVER_SOFTWARE", silent="sleep 1000",
            much=TYPE + "sleep 0.1; head -c 2000 /dev/zero; sleep 1000",
            flood="head -c 2000 /dev/zero | tr '\\0' x; sleep 1000",
        )  # fmt: skip
        software = f"occwserv/{__version__} ({platform.system()}) Python/{platform.python_version()}"
        self.assertEqual(self.ask(server, "shows").answer().body.decode(), f"0027\n40\n7\n{software}\n")
        self.assertEqual(self.ask(server, "silent").answer().status, 504)
        self.assertEqual(self.ask(server, "flood").answer().status, 502)
        self.ask(server, "much").cut_off()
        server.wait_for("much: it wrote more than 1000 bytes")
        self.nothing_is_left(server)

    def test_places_of_its_own(self) -> None:
        server = self.serve(
            f"cgi.mounts=[{{mount: /a/, dir: root/cgi-bin, workers: 1, env: {{{self.mark.replace('=', ': ')}}}}},"
            "{mount: /b/, dir: root/cgi-bin}]", "cgi.workers=3", slow="sleep 1000", plain=TYPE + "echo plain",
        )  # fmt: skip
        first = self.connect(server).send(b"GET /a/slow HTTP/1.1\r\nHost: a\r\n\r\n")
        self.running(server)
        second = self.connect(server).send(b"GET /a/plain HTTP/1.1\r\nHost: a\r\n\r\n")
        self.until(server, lambda figures: figures["cgi"]["waiting"] == 1)
        self.assertEqual(self.get(server, "/b/plain").body, b"plain\n")
        first.close()
        self.assertEqual(second.answer().body, b"plain\n")
        self.nothing_is_left(server)

    def test_its_programs_still_count_after_a_reload(self) -> None:
        server = self.serve(mount=", workers: 1", slow="sleep 1000", plain=TYPE + "echo plain")
        first = self.ask(server, "slow")
        self.running(server)
        server.tell(signal.SIGHUP)
        server.wait_for("the settings are reloaded")
        second = self.ask(server, "plain")
        self.until(server, lambda figures: figures["cgi"]["waiting"] or figures["answers"].get("200", 0) > 2)
        self.assertEqual(self.figures(server)["cgi"]["waiting"], 1)
        first.close()
        self.assertEqual(second.answer().body, b"plain\n")
        self.nothing_is_left(server)

    def test_each_run_is_called_something_else_and_the_log_knows_it(self) -> None:
        server = self.serve(env=TYPE + "env", bad="echo $UNIQUE_ID >&2; echo no head; echo")
        names = {lines(self.ask(server, "env").answer().body)["UNIQUE_ID"] for _ in range(3)}
        self.assertEqual(len(names), 3)
        self.ask(server, "bad").answer()
        said = server.wait_for(r"bad: its head has a line that is not NAME: VALUE: .* \((\S+)\)")[1]
        server.wait_for(rf"bad\[\d+\]: {said}")

    def test_a_head_that_is_known_ends_its_program_where_the_mount_says_so(self) -> None:
        server = self.serve(
            mount=", head_kill: true", works=TYPE + "echo begun; sleep 1000",
            nph_slow="echo HTTP/1.1 200 OK; sleep 0.05; echo Own: kept; echo",
        )  # fmt: skip
        client = self.connect(server).send((ASK % b"works").replace(b"GET", b"HEAD"))
        self.assertEqual(client.answer("HEAD").status, 200)
        raw = self.connect(server).send((ASK % b"nph-slow").replace(b"GET", b"HEAD"))
        self.assertEqual(raw.rest(), b"HTTP/1.1 200 OK\nOwn: kept\n\n", "which says for itself where its head ends")
        self.nothing_is_left(server)

    def test_nobody_outlives_a_program_in_a_namespace(self) -> None:
        needed("unshare")
        escapes = "setsid sh -c 'trap \"\" TERM; echo there; exec >&- 2>&-; while :; do sleep 1000; done' & "
        server = self.serve(
            mount=", namespace: true", plain=TYPE + "echo $$", leaves=TYPE + escapes + "sleep 0.1; exit 3",
            stays=TYPE + escapes + "sleep 1000",
        )  # fmt: skip
        answer = self.ask(server, "plain").answer()
        if answer.status != 200:
            raise SkipTest("no PID namespace can be made here")
        self.assertEqual(answer.body, b"1\n")
        self.assertEqual(self.ask(server, "leaves").answer().body, b"there\n")
        server.wait_for("leaves exited with 3")
        self.assert_nothing_survives(self.mark)
        client = self.ask(server, "stays")
        client.until(b"there\n")
        self.assertGreaterEqual(len(group_of(self.mark)), 3)
        client.close()
        self.nothing_is_left(server)

    def test_programs_may_have_another_user(self) -> None:
        needed("setpriv")
        if os.geteuid():
            raise SkipTest("only root can give programs another user")
        nobody = pwd.getpwnam("nobody")
        server = self.serve(mount=", user: nobody", who=TYPE + "id -u; id -g; id -G", slow="sleep 1000")
        for folder in (server.folder, server.folder / "root"):
            folder.chmod(0o755)
        self.assertEqual(
            self.ask(server, "who").answer().body.split()[:2], [b"%d" % nobody.pw_uid, b"%d" % nobody.pw_gid]
        )
        owned = program(server.folder / "root", "owned", TYPE + "echo owned")
        os.chown(owned, nobody.pw_uid, nobody.pw_gid)
        self.assertEqual(self.ask(server, "owned").answer().body, b"owned\n")
        client = self.ask(server, "slow")
        self.running(server)
        client.close()
        self.nothing_is_left(server)
