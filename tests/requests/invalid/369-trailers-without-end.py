"""RFC 9110 5.4, RFC 6585 5: an end that never comes is not waited for."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    {"status": 431},
]
