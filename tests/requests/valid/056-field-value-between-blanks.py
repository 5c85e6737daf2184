"""RFC 9112 5.1: blanks around a value are not part of it."""

expected = [{"fields": {b"host": b"a", b"x": b"1", b"y": b"2", b"z": b"3"}}]
