"""RFC 9112 9.3: HTTP/1.0 persists when it asks for it."""

expected = [{"minor": 0, "fields": {b"host": b"a", b"connection": b"Keep-Alive"}}]
