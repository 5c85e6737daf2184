"""RFC 9112 7.1: leading zeros count for nothing."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    [],
]
