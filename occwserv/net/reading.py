"""Adapter. Reading under uvloop, and how a protocol holds its client back.

The loop begins to read as soon as the protocol has been made, even if that one asked not to be given anything yet, as a
proxy does until it has reached the server behind it. What comes too early is kept for it here.
"""


class Reading:
    """The half of a transport that reads. `_early` is what came before it was wanted; None: nothing is kept back."""

    __slots__ = ()

    # IPushProducer.

    def pauseProducing(self) -> None:
        self._stop_reading()

    def resumeProducing(self) -> None:
        if self.connected and not self.disconnecting and not self._reading:
            self._reading = True
            if self._early is None:
                self._uv.resume_reading()
            else:
                self._loop.call_soon(self._give_early)

    def stopProducing(self) -> None:
        self.loseConnection()

    def _stop_reading(self) -> None:
        if self.connected and self._reading:
            self._reading = False
            self._uv.pause_reading()

    def _keep_early(self) -> None:
        """Reading was paused before it has begun."""
        self._early = b""
        self.data_received = self._too_early
        self._uv.set_protocol(self)

    def _too_early(self, data: bytes) -> None:
        self._uv.pause_reading()
        self._early += data

    def _give_early(self) -> None:
        """Give the protocol what was kept back, and read on."""
        early = self._early
        if early is None or self.disconnecting or not self._reading:
            return
        self._early = None
        self.data_received = self._protocol.dataReceived
        self._uv.set_protocol(self)
        if (not early or self._tell(self.data_received, early)) and self._reading:
            self._uv.resume_reading()

    def _tell(self, act, *args) -> bool:
        """Tell the protocol or its producer something. A mistake of theirs ends the connection.

        :return: whether there was none.
        """
        try:
            act(*args)
        except Exception as error:
            self.log.failure("{what} failed", what=act)
            self._end(error)
            return False
        return True
