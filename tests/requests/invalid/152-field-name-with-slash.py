"""RFC 9110 5.1: a field name is a token."""

expected = [{"status": 400}]
