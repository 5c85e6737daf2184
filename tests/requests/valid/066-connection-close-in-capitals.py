"""RFC 9110 7.6.1: connection options are case-insensitive."""

expected = [{"keep_alive": False, "fields": {b"host": b"a", b"connection": b"CLOSE"}}]
