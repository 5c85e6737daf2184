"""RFC 9112 5: a field line has a colon behind a token."""

expected = [{"status": 400}]
