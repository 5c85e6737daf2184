"""RFC 9112 7.1.1: blanks around ; and = are bad, and are read."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    [],
]
