"""RFC 9110 5.3: joined without loss, an empty value too."""

expected = [{"fields": {b"host": b"a", b"x": b", 1, "}}]
