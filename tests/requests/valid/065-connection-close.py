"""RFC 9112 9.6: close is honoured."""

expected = [{"keep_alive": False, "fields": {b"host": b"a", b"connection": b"close"}}]
