"""RFC 6265 5.4: cookies are joined with a semicolon."""

expected = [{"fields": {b"host": b"a", b"cookie": b"a=1; b=2"}}]
