"""RFC 9110 5.5: every visible character."""

expected = [{"fields": {b"host": b"a", b"x": b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}}]
