"""A client of raw sockets: sends what it is told to, and reads exactly one answer by its framing.

What is not an answer to the letter, or ends too soon, is an `AssertionError`.
"""

import re
import socket
from contextlib import suppress
from dataclasses import dataclass

PATIENCE = 30
"""Seconds after which something that was waited for counts as missing; nothing that works takes that long."""


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


def parse_head(head: bytes) -> Answer:
    """An answer, from its status line to the empty line."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    status = re.fullmatch(r"HTTP/1\.1 ([1-5]\d\d) ([\w' -]+)", first)
    pairs = [re.fullmatch(r"([!#-'*+.^_`|~\w-]+): ([^\0\r\n]*)", line) for line in lines]
    if status is None or None in pairs:
        raise AssertionError(f"not the head of an answer: {head!r}")
    return Answer(int(status[1]), status[2], [(pair[1].lower(), pair[2]) for pair in pairs], b"")


class Client:
    """A connection to the server. Every wait for bytes has its end.

    :param window: bytes of the receive buffer, for a client that takes little at once; 0 for the system's own.
    :param source: the address it comes from; None for the one the system chooses.
    """

    def __init__(self, port: int, window: int = 0, host: str = "127.0.0.1", source: str | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source is not None:
            self.socket.bind((source, 0))
        self.socket.connect((host, port))
        self._held = bytearray()

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
        answer = parse_head(self.until(b"\r\n\r\n"))
        answer.body = self._body(answer, method)
        return answer

    def _body(self, answer: Answer, method: str) -> bytes:
        if method == "HEAD" or answer.status < 200 or answer.status in (204, 304):
            return b""
        if "transfer-encoding" in answer:
            body = b""
            while size := int(self.until(b"\r\n"), 16):
                body += self.take(size + 2)[:-2]
            self.until(b"\r\n")
            return body
        if "content-length" in answer:
            return self.take(int(answer["content-length"]))
        return self.rest()

    def answers(self, method: str = "GET") -> list[Answer]:
        """All answers to the end of the connection, which the server has to bring about."""
        answers = []
        while self._held or self._fill():
            answers.append(self.answer(method))
        return answers

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        while len(self._held) < count:
            if not self._fill():
                raise AssertionError(f"the connection ended {count - len(self._held)} bytes too soon")
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken

    def rest(self) -> bytes:
        """Everything to the end of the connection."""
        while self._fill():
            pass
        return self.take(len(self._held))

    def cut_off(self) -> bytes:
        """Everything to the end of the connection, however it ends."""
        with suppress(ConnectionResetError, BrokenPipeError):
            self.rest()
        return self.take(len(self._held))

    def until(self, end: bytes) -> bytes:
        """Everything up to these bytes, and them."""
        while end not in self._held:
            if not self._fill():
                raise AssertionError(f"the connection ended too soon, behind {bytes(self._held[-200:])!r}")
        return self.take(self._held.index(end) + len(end))

    def _fill(self) -> bool:
        """Wait for more; whether there is."""
        data = self.socket.recv(1 << 20)
        self._held += data
        return bool(data)
