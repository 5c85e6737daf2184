"""RFC 9112 3.2: no form of a target."""

expected = [{"status": 400}]
