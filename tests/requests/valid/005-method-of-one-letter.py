"""RFC 9112 3.1: a token of one character."""

expected = [{"method": b"G"}]
