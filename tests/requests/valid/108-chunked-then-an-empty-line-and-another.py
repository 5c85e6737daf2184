"""RFC 9112 2.2: one empty line before a request line is ignored."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"",
    [(b"X", b"y")],
    {},
]
