"""RFC 9112 3.2, RFC 3986 2: only visible ASCII in a target."""

expected = [{"status": 400}]
