"""Programs that want to stay, and clients that want to keep them: what they try; the farm is whole after it."""

import signal

from twisted.trial import unittest

from .test_cgi_life import ASK, TYPE, LifeCase

QUICK = "cgi.timeouts={first_byte: 0.4, idle: 0.4, kill: 0.2, linger: 0.2}"
PYTHON = "#!/usr/bin/env python3\nimport os, signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
POST = b"POST /cgi-bin/%b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n"

# What a program does, and the status of its answer.
STAYERS = {
    "joins-the-servers-group": (PYTHON + "os.setpgid(0, os.getpgid(os.getppid()))\ntime.sleep(1000)", 504),
    "stops-its-group": ("kill -STOP 0; sleep 1000", 504),
    "leaves-by-a-chain-of-children": (
        PYTHON + "print('A: b\\n', flush=True)\nos.close(1)\nos.close(2)\n"
        "while True:\n    if os.fork():\n        os._exit(0)\n    time.sleep(0.001)",
        200,
    ),
    "complains-for-ever": (TYPE + "exec >&-; while :; do echo why >&2; done", 200),
    "closes-all-and-stays": ("exec <&- >&- 2>&-; sleep 1000", 502),
    "hands-its-output-to-a-flood": (TYPE + "setsid sh -c 'yes; exit' & exit 0", 200),
    "blocks-all-signals": (
        PYTHON + "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(1000)",
        504,
    ),
}


class ProgramTests(LifeCase, unittest.SynchronousTestCase):
    """Each is ended, its place is free, and the server ends in good order."""

    def test_each_gets_its_status_and_is_gone(self) -> None:
        server = self.serve(QUICK, "cgi.limits.stderr=100", **{name: text for name, (text, _) in STAYERS.items()})
        clients = {name: self.ask(server, name) for name in STAYERS}
        for name, (_, status) in STAYERS.items():
            self.assertEqual(clients[name].answer().status, status, name)
        self.nothing_is_left(server)
        self.end(server)

    def test_the_server_ends_while_they_stay(self) -> None:
        stayers = {name: text for name, (text, status) in STAYERS.items() if status == 504}
        server = self.serve("shutdown.grace=0.2", **stayers)
        for name in stayers:
            self.ask(server, name)
        self.running(server, len(stayers))
        self.assertEqual(server.stop(signal.SIGTERM), 0, server.output)
        self.assert_nothing_survives(self.mark)

    def test_what_the_log_says_of_a_body_can_not_be_forged(self) -> None:
        forges = PYTHON + "os.ftruncate(0, 1 << 20)\nos.pwrite(0, b'forged', 0)\nprint('no head')"
        server = self.serve("cgi.script_log.path=script.log", forges=forges)
        client = self.connect(server).send(POST % (b"forges", 8) + b"\r\noriginal")
        self.assertEqual(client.answer().status, 502)
        self.nothing_is_left(server)
        log = server.folder / "script.log"
        while not log.exists() or not log.read_text().endswith("\n\n"):
            self.figures(server)
        self.assertIn("%request\noriginal\n", log.read_text())


class ClientTests(LifeCase, unittest.SynchronousTestCase):
    """Clients that promise a body, where programs start before it is there."""

    def test_a_body_that_never_comes_keeps_no_program(self) -> None:
        server = self.serve(
            QUICK, mount=", buffering: {request: none}", reads="cat >&2; sleep 1000", early=TYPE + "echo early"
        )
        client = self.connect(server).send(POST % (b"reads", 1000) + b"\r\nhalf")
        self.assertEqual(client.answer().status, 504)
        asking = self.connect(server).send(POST % (b"early", 10) + b"Expect: 100-continue\r\n\r\n")
        said = asking.until(b"early\n")
        self.assertEqual((said.count(b"HTTP/1.1 200 OK"), said.count(b"HTTP/1.1 100 Continue") <= 1), (1, True))
        malformed = self.connect(server).send(
            b"POST /cgi-bin/reads HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"
        )
        self.assertEqual(malformed.answer().status, 400)
        self.nothing_is_left(server)

    def test_a_request_behind_a_body_that_nobody_read_is_read_as_what_it_is(self) -> None:
        server = self.serve(mount=", buffering: {request: none}", deaf=TYPE + "echo deaf")
        inner = ASK % b"inner"
        client = self.connect(server).send(POST % (b"deaf", len(inner)) + b"\r\n" + inner + ASK % b"deaf")
        self.assertEqual([client.answer().body for _ in range(2)], [b"deaf\n", b"deaf\n"])
        self.assertEqual(self.figures(server)["cgi"]["started"], 2)
        self.nothing_is_left(server)
