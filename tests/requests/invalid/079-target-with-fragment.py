"""RFC 9112 3.2: a fragment is not sent."""

expected = [{"status": 400}]
