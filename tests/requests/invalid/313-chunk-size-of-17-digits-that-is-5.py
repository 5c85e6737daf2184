"""RFC 9112 7.1: nobody pads a size beyond 64 bits."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    {"status": 400},
]
