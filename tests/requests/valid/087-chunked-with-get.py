"""RFC 9112 6: any method may have a body."""

expected = [{"fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None}, b"hello", []]
