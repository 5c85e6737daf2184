"""RFC 9112 9.3.2: each body ends where its own framing says."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"content-length": b"1"}, "length": 1},
    b"x",
    [],
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"y",
    [],
    {},
]
