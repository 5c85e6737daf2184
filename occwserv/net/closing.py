"""Adapter. Closing under uvloop as Twisted does it: politely behind what was written, one side alone, or at once."""

import socket
import struct

from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol

_RESET = struct.pack("ii", 1, 0)


class Closing:
    """The half of a transport that ends. `_ended`: the client has closed its side; `_write_ended`: we have ours."""

    __slots__ = ()

    def loseConnection(self) -> None:
        if not self.connected or self.disconnecting:
            return
        self.disconnecting = True
        self._stop_reading()
        if self._write_ended:
            self._end(ConnectionDone())
        else:
            # In this turn the protocol may still write something: Twisted would send it.
            self._loop.call_soon(self._when_empty, self._close)

    def finish(self) -> bool:
        """`loseConnection`, by one who will write nothing more, not even in this turn.

        :return: whether all had left already, so that it is closed now.
        """
        if not self.connected or self.disconnecting or self._write_ended or self._uv.get_write_buffer_size():
            self.unregisterProducer()
            self.loseConnection()
            return False
        self.disconnecting = True
        self._producer = None  # it is not told, as one that unregisters is not
        self._close()
        return True

    def abortConnection(self) -> None:
        if self.connected and self._reason is None:
            self.disconnecting = True
            self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._end(ConnectionAborted())

    def loseWriteConnection(self) -> None:
        if self.connected and not self._write_ended:
            self._loop.call_soon(self._when_empty, self._end_writing)

    def _when_empty(self, act) -> None:
        """Do something when all that was written has left, and no producer is held back who would write more."""
        if not self.connected:
            return
        held = self._producer is not None and (self._paused or not self._streaming)
        if held or self._backed:
            self._empty = act
            self.write = self._write
        else:
            act()

    def _look_again(self) -> None:
        """What waits for all to have left may not have to wait any more."""
        act, self._empty = self._empty, None
        self._loop.call_soon(self._when_empty, act)

    def _close(self) -> None:
        if self._reason is None:
            if not self._ended:  # the client is to see the end, not the reset that closing over unread bytes sends
                self._uv.write_eof()
            self._uv.close()
            self.write = forget  # until the protocol is told, others may still write to it

    def _end_writing(self) -> None:
        if self.disconnecting:
            self._close()
            return
        if self._write_ended:
            return
        self._write_ended = True
        self.write = self._write
        self._uv.write_eof()
        half = IHalfCloseableProtocol(self._protocol, None)
        if half is not None:
            self._tell(half.writeConnectionLost)

    def _end(self, reason: Exception) -> None:
        """Close without sending what has not left."""
        self._reason = reason
        self.disconnecting = True
        self._uv.abort()


def forget(data: bytes) -> None:
    """What `write` is when nothing more is sent."""
