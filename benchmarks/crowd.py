"""Players of the adventure at the web door: each has a live feed, and a connection that it plays by."""

import asyncio
import json
import re
from time import perf_counter
from urllib.parse import quote_plus

PLACE = "/ogi/adventure"


class Guest:
    """One player."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.cookie = ""
        self.heard: list[dict] = []
        self.numbers: list[int] = []  # of the lines, as the feed tells them
        self.cut = 0  # how often the feed ended
        self.answers: dict[int, int] = {}  # how often each status
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._listening: asyncio.Task

    async def enter(self) -> None:
        """Come in, and begin to listen."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = await self._post(f"name={self.name}")
        self.cookie = field(head, "set-cookie").partition(";")[0]
        feed, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {PLACE}/events HTTP/1.1\r\nHost: x\r\nCookie: {self.cookie}\r\n\r\n".encode())
        self._listening = asyncio.create_task(self._listen(feed, writer))

    async def _listen(self, feed: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await feed.readline():
                if line.startswith(b"id: "):
                    self.numbers.append(int(line[4:]))
                elif line.startswith(b"data: "):
                    self.heard.append(json.loads(line[6:]))
            self.cut += 1
        except OSError:
            self.cut += 1
        finally:
            writer.close()

    async def play(self, line: str) -> float:
        """Play a line; the seconds until the answer."""
        begun = perf_counter()
        await self._post(f"command={quote_plus(line)}")
        return perf_counter() - begun

    async def _post(self, form: str) -> str:
        """Post a form; the head of the answer."""
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        self._writer.write(
            f"POST {PLACE} HTTP/1.1\r\nHost: x\r\n{cookie}Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form)}\r\n\r\n{form}".encode()
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        await self._reader.readexactly(int(field(head, "content-length") or 0))
        status = int(head.split(" ", 2)[1])
        self.answers[status] = self.answers.get(status, 0) + 1
        return head

    def leave(self) -> None:
        """Go without a word."""
        self._listening.cancel()
        self._writer.close()


def field(head: str, name: str) -> str:
    """The value of a field of an answer."""
    found = re.search(rf"^{name}: *(.*?)\r$", head, re.I | re.M)
    return found[1] if found else ""
