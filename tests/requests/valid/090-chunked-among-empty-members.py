"""RFC 9110 5.6.1.2: empty members of a list are ignored."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"transfer-encoding": b",\t chunked ,"}, "length": None},
    b"hello",
    [],
]
