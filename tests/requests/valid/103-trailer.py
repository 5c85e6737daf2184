"""RFC 9112 7.1.2: a trailer section."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    [(b"X", b"y")],
]
