"""RFC 9112 5.1: blanks around the value are not part of it."""

expected = [{"method": b"POST", "fields": {b"host": b"a", b"content-length": b"5"}, "length": 5}, b"hello", []]
