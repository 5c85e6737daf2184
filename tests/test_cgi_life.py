"""How programs live and die: with their clients, with their time, and with all that they started. Nothing survives, as
`/proc` tells; each test marks its programs by a variable of their environment."""

import os
import signal

from twisted.trial import unittest

from .cgi_site import CgiCase, group_of, program

TYPE = "echo 'Content-Type: text/plain'; echo; "
# A grandchild that does not hear SIGTERM, holds nothing of ours, and says when it is there.
STUBBORN = "sh -c 'trap \"\" TERM HUP INT; echo there; exec >&- 2>&-; while :; do sleep 1000; done' & "
ASK = b"GET /cgi-bin/%b HTTP/1.1\r\nHost: a\r\n\r\n"


class LifeCase(CgiCase):
    """Servers of a test's own, with quick timeouts."""

    def setUp(self) -> None:
        self.mark = f"OCCWSERV_MARK=m{os.getpid()}x{id(self)}"

    def serve(self, *options: str, mount: str = "", **programs: str):
        folder = self.new_folder()
        for name, text in programs.items():
            program(folder / "root", name.replace("_", "-"), text)
        (folder / "root" / "index.html").write_text("front")
        variable, value = self.mark.split("=")
        mounts = f"[{{mount: /cgi-bin/, env: {{{variable}: {value}}}{mount}}}]"
        settings = [f"cgi.mounts={mounts}", "cgi.timeouts.kill=0.2", "cgi.timeouts.linger=0.2", *options]
        sets = [part for setting in settings for part in ("--set", setting)]
        return self.start("--root", "root", *sets, folder=folder)

    def ask(self, server, name: str):
        return self.connect(server).send(ASK % name.encode())

    def running(self, server, count: int = 1) -> list[dict]:
        """The programs, when so many run."""
        return self.until(server, lambda figures: len(figures["cgi"]["scripts"]) == count)["cgi"]["scripts"]

    def nothing_is_left(self, server) -> None:
        self.assert_nothing_survives(self.mark)
        self.assert_whole(server)


class DisconnectTests(LifeCase, unittest.SynchronousTestCase):
    """The client leaves."""

    def test_a_silent_program_ends_before_and_within_its_answer(self) -> None:
        server = self.serve(silent="sleep 1000", begun=TYPE + "echo begun; sleep 1000")
        client = self.ask(server, "silent")
        self.running(server)
        client.close()
        self.nothing_is_left(server)
        client = self.ask(server, "begun")
        client.until(b"begun\n")
        client.close()
        self.nothing_is_left(server)
        self.assertEqual(self.figures(server)["cgi"]["left"], 2)
        self.assertEqual(self.figures(server)["answers"]["499"], 1)

    def test_so_does_one_that_writes_all_the_time(self) -> None:
        server = self.serve(flood=TYPE + "yes")
        client = self.ask(server, "flood")
        client.until(b"y\ny\n")
        client.close()
        self.nothing_is_left(server)

    def test_so_do_those_whom_it_started_even_if_they_do_not_hear(self) -> None:
        server = self.serve(family=TYPE + "sleep 1000 & " + STUBBORN + "sleep 1000")
        client = self.ask(server, "family")
        client.until(b"there\n")
        self.assertGreaterEqual(len(group_of(self.mark)), 3)
        client.close()
        self.nothing_is_left(server)

    def test_one_that_does_not_hear_is_killed_after_the_grace(self) -> None:
        server = self.serve(deaf="trap '' TERM; " + TYPE + "echo there; while :; do sleep 1000; done")
        client = self.ask(server, "deaf")
        client.until(b"there\n")
        client.close()
        self.nothing_is_left(server)

    def test_one_that_hears_may_still_do_something(self) -> None:
        server = self.serve(polite="trap 'echo bye >&2; exit' TERM; " + TYPE + "echo there; sleep 1000 & wait")
        client = self.ask(server, "polite")
        client.until(b"there\n")
        client.close()
        server.wait_for(r"polite\[\d+\]: bye")
        self.nothing_is_left(server)

    def test_where_the_mount_says_so_it_works_on(self) -> None:
        server = self.serve(
            mount=", on_disconnect: ignore", works=TYPE + "echo there; head -c 1000000 /dev/zero; echo done >&2"
        )
        client = self.ask(server, "works")
        client.close()
        server.wait_for("done")
        self.nothing_is_left(server)

    def test_a_client_that_leaves_while_it_sends_or_waits_starts_nothing(self) -> None:
        server = self.serve("cgi.workers=1", slow="sleep 1000", other=TYPE + "touch ran")
        first = self.ask(server, "slow")
        self.running(server)
        waiting = self.ask(server, "other")
        self.until(server, lambda figures: figures["cgi"]["waiting"] == 1)
        waiting.close()
        self.until(server, lambda figures: figures["cgi"]["waiting"] == 0)
        sending = self.connect(server)
        sending.send(b"POST /cgi-bin/other HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf").close()
        self.until(server, lambda figures: figures["cgi"]["left"] == 2)
        first.close()
        self.nothing_is_left(server)
        self.assertFalse((server.folder / "root" / "cgi-bin" / "ran").exists())


class TimeoutTests(LifeCase, unittest.SynchronousTestCase):
    """It takes too long."""

    def test_without_a_head_it_is_504_and_the_connection_goes_on(self) -> None:
        server = self.serve(
            "cgi.timeouts.first_byte=0.3", silent="sleep 1000", half="echo 'Content-Type: a/b'; sleep 1000"
        )
        for name in ("silent", "half"):
            client = self.ask(server, name)
            answer = client.answer()
            self.assertEqual((answer.status, b"Traceback" in answer.body), (504, False))
            self.assertEqual(client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer().body, b"front")
            self.nothing_is_left(server)
        self.assertEqual(self.figures(server)["cgi"]["timed_out"], 2)

    def test_within_its_answer_the_client_is_cut_off(self) -> None:
        server = self.serve("cgi.timeouts.idle=1", stops=TYPE + "echo begun; sleep 1000")
        client = self.ask(server, "stops")
        self.assertIn(b"begun\n", client.cut_off())
        self.nothing_is_left(server)

    def test_one_that_writes_a_little_all_the_time_has_the_total_time(self) -> None:
        server = self.serve(
            "cgi.timeouts.total=2", "cgi.timeouts.idle=1", drips=TYPE + "while :; do echo x; sleep 0.1; done"
        )
        client = self.ask(server, "drips")
        self.assertGreaterEqual(client.cut_off().count(b"x\n"), 3)
        self.nothing_is_left(server)

    def test_those_who_write_on_when_it_has_exited_have_a_while(self) -> None:
        parent = TYPE + "echo parent; " + STUBBORN + "(sleep 0.05; echo child; sleep 1000) & exit 0"
        server = self.serve("cgi.timeouts.linger=1.5", parent=parent)
        answer = self.ask(server, "parent").answer()
        self.assertEqual(sorted(answer.body.split()), [b"child", b"parent", b"there"])
        self.nothing_is_left(server)

    def test_who_is_long_in_ending_does_not_keep_the_answer_waiting(self) -> None:
        server = self.serve("cgi.timeouts.kill=1000", parent=TYPE + "(trap '' TERM; sleep 1000) & echo parent; exit 0")
        self.assertEqual(self.ask(server, "parent").answer().body, b"parent\n")
        self.assertEqual(server.stop(signal.SIGTERM), 0)
        self.assert_nothing_survives(self.mark)

    def test_one_that_left_its_group_does_not_keep_the_answer_waiting(self) -> None:
        server = self.serve(daemon=TYPE + "echo parent; setsid sh -c 'echo $$; exec sleep 1000' & exit 0")
        body = self.ask(server, "daemon").answer().body
        pid = int(body.split()[1])
        self.assert_whole(server)
        self.assertEqual(list(group_of(self.mark)), [pid], "it left, and is not ours any more")
        os.kill(pid, signal.SIGKILL)
        self.nothing_is_left(server)

    def test_a_slow_reader_is_no_slow_program(self) -> None:
        server = self.serve(
            "cgi.timeouts.idle=0.3", "cgi.timeouts.linger=0.1", big=TYPE + "head -c 20000000 /dev/zero; echo end"
        )
        client = self.connect(server, window=4096).send(ASK % b"big")
        client.until(b"\r\n\r\n")
        self.until(server, lambda figures: figures["cgi"]["scripts"][0]["age"] > 1)
        last = b""
        while not last.endswith(b"0\r\n\r\n"):
            last = (last + client.socket.recv(1 << 20))[-100:]
        self.assertIn(b"end\n", last)
        self.nothing_is_left(server)


class EndTests(LifeCase, unittest.SynchronousTestCase):
    """The server ends, or reads its settings anew."""

    def test_no_program_outlives_the_server(self) -> None:
        server = self.serve(
            "shutdown.grace=0.2", silent="trap '' TERM; sleep 1000; sleep 1000", more=TYPE + STUBBORN + "wait"
        )
        self.ask(server, "silent")
        self.ask(server, "more").until(b"there\n")
        self.running(server, 2)
        self.assertEqual(server.stop(), 0, server.output)
        self.assertNotIn("Traceback", server.output)
        self.assert_nothing_survives(self.mark)

    def test_a_program_runs_on_over_a_reload(self) -> None:
        server = self.serve(slow="cat; " + TYPE + "echo begun; sleep 0.3; echo end")
        client = self.ask(server, "slow")
        client.until(b"begun\n")
        server.tell(signal.SIGHUP)
        server.wait_for("the settings are reloaded")
        self.assertIn(b"end\n", client.until(b"0\r\n\r\n"))
        self.nothing_is_left(server)

    def test_nothing_is_left_open(self) -> None:
        server = self.serve("log.access=null", plain=TYPE + "cat", none="exit 1", bad="#!/nowhere\n")
        post = ASK.replace(b"GET", b"POST")[:-2] + b"Content-Length: 100000\r\n\r\n" + b"x" * 100000
        counts = set()
        for _ in range(10):
            for name in (b"plain", b"none", b"bad", b"missing"):
                for sent in (ASK, post):
                    client = self.connect(server).send(sent % name)
                    client.answer()
                    client.close()
            self.assert_whole(server)
            seen: list[int] = []

            def alone(figures: dict, seen: list = seen) -> bool:
                seen.append(server.descriptors())
                return figures["connections"]["open"] == 1

            self.until(server, alone)
            counts.add(seen[-1])
        self.assertEqual(len(counts), 1, counts)
