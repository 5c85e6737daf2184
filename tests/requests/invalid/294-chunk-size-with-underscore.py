"""RFC 9112 7.1: a chunk size is hexadecimal digits."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    {"status": 400},
]
