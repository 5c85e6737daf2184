"""RFC 9112 3: a target longer than the server takes is 414."""

expected = [{"status": 414}]
