"""RFC 9110 5.4: the limit itself is allowed."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"",
    [(b"X", b"y")] * 100,
]
