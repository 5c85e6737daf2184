"""RFC 9112 7.1: either case."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"01234567890123456789a",
    [],
]
