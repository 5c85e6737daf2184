"""RFC 3986 2.1: a percent sign and two hexadecimal digits."""

expected = [{"status": 400}]
