"""What the end-to-end tests share: a real `twistd occwserv` in a process of its own, and a client of raw sockets.

Nothing sleeps here. What is waited for is something to read: a line the server says, an answer, an end.
"""

import atexit
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread

from twisted.trial.unittest import SkipTest

HERE = "tcp:0:interface=127.0.0.1"
PATIENCE = 30
"""Seconds after which something that was waited for counts as missing; no test takes that long."""

REPOSITORY = Path(__file__).resolve().parent.parent
TWISTD = Path(sys.executable).with_name("twistd")
SERVING = r"serving (.+) at IPv4Address\(.*port=(\d+)\)"


def environment() -> dict[str, str]:
    """The environment of every child: it finds the plug-in of this repository."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}


def run(command: Sequence[str | Path], folder: Path, **more) -> subprocess.CompletedProcess:
    """A command that ends by itself; what it says is text."""
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, timeout=PATIENCE, text=True, check=False, **more
    )


def twistd(*options: str, folder: Path) -> subprocess.CompletedProcess:
    """`twistd` with these options, when it is to end by itself."""
    return run((TWISTD, *options), folder)


def needed(program: str) -> str:
    """The path of a program that is not ours; without it the test is skipped."""
    path = shutil.which(program)
    if path is None:
        raise SkipTest(f"{program} is not installed")
    return path


class Server:
    """A `twistd -n` that serves, and what it has said.

    :param options: those of occwserv.
    :param reactor: as of `twistd --reactor`; None for what occwserv chooses.
    :param endpoints: how many it will listen at.
    :param descriptors: how many files it may have open; None for as many as we may.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        reactor: str | None = None,
        endpoints: int = 1,
        descriptors: int | None = None,
    ) -> None:
        chosen = ("--reactor", reactor) if reactor else ()
        limit = ("sh", "-c", f'ulimit -n {descriptors} && exec "$0" "$@"') if descriptors else ()
        self.folder = folder
        self.output = ""
        self._seen = 0
        self._ended = False
        self._news = Condition()
        self._process = subprocess.Popen(
            (*limit, TWISTD, *chosen, "-n", "occwserv", *options),
            cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()
        try:
            self.ports = [int(self.wait_for(SERVING)[2]) for _ in range(endpoints)]
        except BaseException:
            self.kill()
            raise
        self.port = self.ports[0]

    def _listen(self) -> None:
        """Read what the child says, always: a full pipe would stop it."""
        while data := os.read(self._process.stdout.fileno(), 65536):
            with self._news:
                self.output += data.decode("utf-8", "replace")
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for(self, pattern: str) -> re.Match:
        """The next line with this pattern in what the server says, behind the one that was waited for last."""
        find = re.compile(pattern + r".*\n")
        with self._news:
            self._news.wait_for(lambda: self._ended or find.search(self.output, self._seen), PATIENCE)
            found = find.search(self.output, self._seen)
            if found is None:
                raise AssertionError(f"the server never said {pattern!r}, but:\n{self.output}")
            self._seen = found.end()
            return found

    def signal(self, number: int) -> None:
        """Send the process a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait until it ends, and has said all.

        :return: its exit status.
        """
        status = self._process.wait(PATIENCE)
        self._listening.join(PATIENCE)
        return status

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal.

        :return: its exit status.
        """
        self.signal(number)
        return self.end()

    def kill(self) -> None:
        """End it in any case."""
        self._process.kill()
        self._process.wait()
        self._listening.join()
        self._process.stdout.close()


@dataclass
class Answer:
    """One answer of the server. Names of fields are in lower case."""

    status: int
    reason: str
    fields: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        """The value of a field that comes exactly once."""
        (value,) = [value for each, value in self.fields if each == name]
        return value

    def __contains__(self, name: str) -> bool:
        return any(each == name for each, _ in self.fields)


class Client:
    """A connection to the server. Every wait for bytes has its end.

    :param window: bytes of the receive buffer, for a client that takes little at once; 0 for the system's own.
    """

    def __init__(self, port: int, window: int = 0, host: str = "127.0.0.1") -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect((host, port))
        self._held = b""

    def send(self, *parts: bytes) -> "Client":
        """Send bytes; several parts go out apart."""
        for part in parts:
            self.socket.sendall(part)
        return self

    def finish(self) -> "Client":
        """Say that nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def close(self) -> None:
        self.socket.close()

    def answer(self, method: str = "GET") -> Answer:
        """Exactly one answer, by its framing; nothing behind it is touched."""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        version, status, reason = first.split(" ", 2)
        if version != "HTTP/1.1" or not re.fullmatch(r"[1-5]\d\d", status):
            raise AssertionError(f"not a status line: {first!r}")
        pairs = [re.fullmatch(r"([!#-'*+.^_`|~\w-]+): ([^\0\r\n]*)", line) for line in lines]
        if None in pairs:
            raise AssertionError(f"not a head: {head!r}")
        answer = Answer(int(status), reason, [(pair[1].lower(), pair[2]) for pair in pairs], b"")
        answer.body = self._body(answer, method)
        return answer

    def _body(self, answer: Answer, method: str) -> bytes:
        if method == "HEAD" or answer.status < 200 or answer.status in (204, 304):
            return b""
        if "transfer-encoding" in answer:
            body = b""
            while size := int(self._until(b"\r\n"), 16):
                body += self.take(size + 2)[:-2]
            self._until(b"\r\n")
            return body
        if "content-length" in answer:
            return self.take(int(answer["content-length"]))
        return self.rest()

    def answers(self, method: str = "GET") -> list[Answer]:
        """All answers to the end of the connection, which the server has to bring about."""
        answers = []
        while self._more():
            answers.append(self.answer(method))
        return answers

    def rest(self) -> bytes:
        """Everything to the end of the connection."""
        while self._more():
            self._held += self.socket.recv(1 << 20)
        held, self._held = self._held, b""
        return held

    def ended(self) -> bool:
        """Wait for the end of the connection, clean or not: whether nothing more came."""
        try:
            return self.rest() == b""
        except ConnectionResetError:
            return True

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        pieces, missing = [self._held[:count]], count - len(self._held)
        self._held = self._held[count:]
        while missing > 0:
            piece = self.socket.recv(min(missing, 1 << 20))
            if not piece:
                raise AssertionError(f"the connection ended {missing} bytes too soon")
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _more(self) -> bool:
        """Whether there is something to read, once that is known."""
        if self._held:
            return True
        ...
