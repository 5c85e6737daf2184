"""RFC 9112 7.1: data is taken by its size, whatever it looks like."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b"chunked"}, "length": None},
    b"\r\n0\r\n\r\nGET ",
    [],
]
