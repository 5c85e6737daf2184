"""RFC 9112 9.3: close comes first."""

expected = [{"minor": 0, "keep_alive": False, "fields": {b"host": b"a", b"connection": b"keep-alive, close"}}]
