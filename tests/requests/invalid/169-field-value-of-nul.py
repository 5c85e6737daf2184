"""RFC 9110 5.5: no control characters in a value."""

expected = [{"status": 400}]
