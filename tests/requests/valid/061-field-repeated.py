"""RFC 9110 5.3: values of one name are joined in their order."""

expected = [{"fields": {b"host": b"a", b"x": b"1, 3, 4", b"y": b"2"}}]
