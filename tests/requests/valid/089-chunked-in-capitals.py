"""RFC 9112 7: names of codings are case-insensitive."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"CHUNKED"}, "length": None},
    b"hello",
    [],
]
