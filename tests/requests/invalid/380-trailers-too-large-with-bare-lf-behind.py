"""RFC 9110 5.4, RFC 6585 5: too large is known before anything else is."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    {"status": 431},
]
