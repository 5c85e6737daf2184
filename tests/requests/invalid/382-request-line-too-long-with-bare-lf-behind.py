"""RFC 9112 3: too long is known before anything else is."""

expected = [{"status": 414}]
