"""RFC 9110 6.5.1: framing and routing have no place behind the body."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    [(b"X", b"z")],
]
