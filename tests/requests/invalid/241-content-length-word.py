"""RFC 9112 6.3, RFC 9110 8.6: Content-Length is decimal digits, once."""

expected = [{"status": 400}]
