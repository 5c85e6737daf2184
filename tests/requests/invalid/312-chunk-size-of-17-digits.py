"""RFC 9112 7.1: large numbers do not overflow."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    {"status": 400},
]
