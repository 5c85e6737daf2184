"""The farm: so many at once, so many waiting, for so long; and what it says of itself."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from twisted.trial import unittest

from .soak_cgi import CASES, one
from .test_cgi_life import ASK, TYPE, LifeCase


class FarmTests(LifeCase, unittest.SynchronousTestCase):
    """Servers with few places."""

    def test_one_beyond_the_places_waits_and_one_beyond_the_queue_is_refused(self) -> None:
        server = self.serve("cgi.workers=1", "cgi.queue=1", gate=TYPE + "read x < gate; echo $x")
        gate = server.folder / "root" / "cgi-bin" / "gate"
        gate.rename(gate.with_name("program"))
        os.mkfifo(gate)
        first, second = self.ask(server, "program"), None
        self.running(server)
        second = self.ask(server, "program")
        self.until(server, lambda figures: figures["cgi"]["waiting"] == 1)
        refused = self.ask(server, "program").answer()
        self.assertEqual((refused.status, refused["retry-after"]), (503, "5"))
        self.assertEqual(self.get(server, "/").body, b"front")
        for client in (first, second):
            gate.open("w").write("opened\n")
            self.assertEqual(client.answer().body, b"opened\n")
        self.nothing_is_left(server)
        figures = self.figures(server)["cgi"]
        self.assertEqual((figures["started"], figures["refused"]), (2, 1))

    def test_one_that_waits_too_long_is_refused(self) -> None:
        server = self.serve("cgi.workers=1", "cgi.wait=0.1", slow="sleep 1000")
        client = self.ask(server, "slow")
        self.running(server)
        answer = self.ask(server, "slow").answer()
        self.assertEqual((answer.status, answer["retry-after"]), (503, "5"))
        client.close()
        self.nothing_is_left(server)

    def test_places_that_are_taken_by_what_can_not_run_are_free_at_once(self) -> None:
        server = self.serve("cgi.workers=1", slow="sleep 1000", bad="#!/nowhere\n", good=TYPE + "echo good")
        first = self.ask(server, "slow")
        self.running(server)
        waiting = [self.ask(server, "bad") for _ in range(150)] + [self.ask(server, "good")]
        self.until(server, lambda figures: figures["cgi"]["waiting"] == 151)
        first.close()
        self.assertEqual([client.answer().status for client in waiting], [502] * 150 + [200])
        self.nothing_is_left(server)

    def test_who_runs_is_on_the_page_of_statistics(self) -> None:
        server = self.serve(slow="sleep 1000")
        client = self.ask(server, "slow/%3Cb%3E")
        (script,) = self.running(server)
        self.assertEqual(script["url"], "/cgi-bin/slow/%3Cb%3E")
        line = Path(f"/proc/{script['pid']}/cmdline")
        while not line.read_text():  # the system says that it runs a moment before it has all of it
            self.figures(server)
        self.assertIn("/cgi-bin/slow", line.read_text())
        page = self.get(server, "/stats.html").body.decode()
        self.assertRegex(page, rf"<td[^>]*>{script['pid']}</td>")
        self.assertIn("/cgi-bin/slow/%3Cb%3E", page)
        self.assertIn('occwserv_cgi{of="running"} 1.0', self.get(server, "/metrics").body.decode())
        client.close()
        self.nothing_is_left(server)


class ComplaintTests(LifeCase, unittest.SynchronousTestCase):
    """What programs complain of."""

    def test_standard_error_is_logged_line_by_line_and_can_not_forge_a_line(self) -> None:
        server = self.serve(warns=TYPE + r"printf 'one\ntw\033o\r\nhalf' >&2")
        self.ask(server, "warns").answer()
        server.wait_for(r"warns\[\d+\]: one")
        server.wait_for(r"warns\[\d+\]: tw\\x1bo\\r")
        server.wait_for(r"warns\[\d+\]: half")

    def test_a_flood_is_cut_and_counted(self) -> None:
        server = self.serve("cgi.limits.stderr=1000", flood=TYPE + "yes 123456789 | head -c 1000000 >&2; echo end")
        self.assertEqual(self.ask(server, "flood").answer().body, b"end\n")
        dropped = int(server.wait_for(r"flood\[\d+\]: (\d+) bytes of its standard error were dropped")[1])
        self.assertEqual(len(re.findall(r": 123456789\n", server.output)), 100)
        self.assertEqual(dropped, 1_000_000 - 1000)

    def test_the_script_log_has_all_of_a_program_that_failed_but_no_secrets(self) -> None:
        server = self.serve("cgi.script_log.path=script.log", bad="echo 'why not' >&2; echo 'no head'", good=TYPE)
        self.ask(server, "good").answer()
        head = ASK.replace(b"GET", b"POST")[:-2] % b"bad?q=1"
        client = self.connect(server).send(head + b"Cookie: secret\r\nContent-Length: 4\r\n\r\nbody")
        self.assertEqual(client.answer().status, 502)
        self.assert_whole(server)
        log = server.folder / "script.log"
        while not log.exists() or not log.read_text().endswith("\n\n"):
            self.figures(server)
        text = log.read_text()
        for line in (
            "%% POST /cgi-bin/bad?q=1 HTTP/1.1", "QUERY_STRING=q=1", "HTTP_COOKIE=…", "%request\nbody",
            "%response\nno head",
        ):  # fmt: skip
            self.assertIn(line, text)
        self.assertNotIn("secret", text)
        self.assertEqual(log.stat().st_mode & 0o777, 0o600)

    def test_a_program_whose_name_is_no_text_is_told_of_like_any_other(self) -> None:
        server = self.serve("cgi.script_log.path=script.log", **{"caf\udce9": "exit 3"})
        self.assertEqual(self.ask(server, "caf%e9").answer().status, 502)
        server.wait_for(r"caf\\xe9: it said nothing")
        self.assert_whole(server)

    def test_a_program_ended_by_a_signal_or_with_a_status_is_told_of(self) -> None:
        server = self.serve(dies="kill -9 $$", fails=TYPE + "exit 3")
        self.ask(server, "dies").answer()
        server.wait_for("dies was ended by SIGKILL|it said nothing")
        self.ask(server, "fails").answer()
        server.wait_for("fails exited with 3")

    def test_bounds_of_the_system_hold(self) -> None:
        server = self.serve(
            "cgi.rlimits={cpu: 1, files: 30}", spins="while :; do :; done", limits=TYPE + "sleep 0.1; ulimit -n"
        )
        self.assertEqual(self.ask(server, "limits").answer().body, b"30\n")
        self.assertEqual(self.ask(server, "spins").answer().status, 502)
        self.nothing_is_left(server)

    def test_a_bound_that_can_not_be_given_does_not_keep_the_others_away(self) -> None:
        more = "files: 1000000000000"  # than any system permits
        server = self.serve(f"cgi.rlimits={{{more}, file: 512000}}", limits=TYPE + "sleep 0.1; ulimit -f; nice")
        self.assertEqual(self.ask(server, "limits").answer().body, b"1000\n5\n")


class CrowdTests(LifeCase, unittest.SynchronousTestCase):
    """Four times as many clients as a farm has places, with programs that hang, flood, die and fork."""

    def test_each_gets_its_status_and_the_farm_is_whole(self) -> None:
        server = self.serve(
            "log.access=null", "cgi.workers=16", "cgi.wait=60", "cgi.timeouts.first_byte=3", "cgi.timeouts.idle=3",
            **{name: text for name, (text, _) in CASES.items()},
        )  # fmt: skip
        self.assert_whole(server)
        one(server.port, next(iter(CASES)))  # what the first one needs stays
        before = server.descriptors()
        names = [*CASES] * 8
        with ThreadPoolExecutor(len(names)) as pool:
            seen = list(pool.map(lambda name: (name, one(server.port, name)), names))
        self.assertEqual([pair for pair in seen if pair[1] != CASES[pair[0]][1]], [])
        self.nothing_is_left(server)
        self.until(server, lambda figures: server.descriptors() <= before + 1)  # that of the one who asks
        self.assertEqual(server.stop(signal.SIGTERM), 0)
        self.assertNotIn("Traceback", server.output)
