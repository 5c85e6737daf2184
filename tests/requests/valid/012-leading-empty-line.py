"""RFC 9112 2.2: one empty line before the request line is ignored."""

expected = [{}]
