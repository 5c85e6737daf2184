"""Adapter. An answer in pieces, written as fast as the client takes it."""

from typing import Any

from ....connection import Connection
from ....net.outlet import ClientGone
from ..roles import Answering


class Stream:
    """`async with connection.stream("text/plain") as out: await out.write(b"...")`

    The block's end ends the answer. An exception in the block cuts the client off, so that it sees that the answer is
    not complete. That the client has left ends the block quietly.
    """

    __slots__ = ("_connection", "_core", "_fields", "_late", "_status")

    def __init__(self, connection: Answering, status: int, fields: list[tuple[bytes, bytes]]) -> None:
        self._connection = connection
        self._status = status
        self._fields = fields
        self._core: Connection | None = None
        self._late = False

    async def __aenter__(self) -> "Stream":
        self._core = self._connection.begin(self._status, self._fields)
        self._late = self._core is None
        return self

    async def write(self, data: bytes | str) -> None:
        """Send a piece, and wait until the client has taken enough for more.

        :raise ClientGone: the client has left, or was told already that the answer took too long.
        """
        if self._core is None:
            raise ClientGone if self._late else RuntimeError("a stream is written to inside its `async with`")
        await self._core.write(data.encode("utf-8", "replace") if isinstance(data, str) else data)

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        core, self._core = self._core, None
        self._connection.left()
        if core is None or core.home:
            return isinstance(error, ClientGone)
        if error is None or isinstance(error, ClientGone):
            core.end()
        else:
            core.abort(f"the application failed: {type(error).__name__}")
        return isinstance(error, ClientGone)
