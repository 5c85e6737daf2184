"""RFC 9110 9.1: a method is a token."""

expected = [{"status": 400}]
