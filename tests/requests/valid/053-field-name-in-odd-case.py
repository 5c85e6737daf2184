"""RFC 9110 5.1: field names are case-insensitive."""

expected = [{"fields": {b"host": b"a", b"x-y-z": b"1"}}]
