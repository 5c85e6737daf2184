"""RFC 9110 15.5.14: the chunks count together."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    {"status": 413},
]
