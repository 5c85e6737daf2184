"""RFC 9112 7.1.1: inside quotes nothing is framing."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"hello",
    [],
]
