"""RFC 9112 7.1: an empty body."""

expected = [{"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None}, b"", []]
