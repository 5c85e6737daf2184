"""RFC 9112 2.1: a request line, one field, an empty line."""

expected = [{}]
