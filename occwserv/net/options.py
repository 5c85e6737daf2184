"""Adapter. The options of a TCP socket under uvloop."""

import socket


class TcpOptions:
    """The options of a TCP socket, for `ITCPTransport`."""

    __slots__ = ("_delays", "_uv")

    def getTcpNoDelay(self) -> bool:
        return bool(self._socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    def setTcpNoDelay(self, enabled: bool) -> None:
        # uvloop has set it already on every connection; asking once more would be two system calls for each client.
        if not enabled or self._delays:
            self._socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, enabled)
            self._delays = not enabled

    def getTcpKeepAlive(self) -> bool:
        return bool(self._socket().getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    def setTcpKeepAlive(self, enabled: bool) -> None:
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, enabled)

    def _socket(self):
        return self._uv.get_extra_info("socket")
