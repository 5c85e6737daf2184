"""RFC 9112 5: a field line has a colon."""

expected = [{"status": 400}]
