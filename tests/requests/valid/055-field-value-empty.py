"""RFC 9112 5: a value may be empty."""

expected = [{"fields": {b"host": b"a", b"x": b"", b"y": b"", b"z": b""}}]
