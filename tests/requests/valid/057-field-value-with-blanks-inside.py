"""RFC 9110 5.5: blanks inside a value are part of it."""

expected = [{"fields": {b"host": b"a", b"x": b"a  b\t c"}}]
