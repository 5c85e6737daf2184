"""RFC 9112 7.1: data is joined in order."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"abcdef",
    [],
]
