"""RFC 9110 15.5.14: more than is taken, and known before it comes."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    {"status": 413},
]
