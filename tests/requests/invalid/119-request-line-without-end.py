"""RFC 9112 3: an end that never comes is not waited for."""

expected = [{"status": 414}]
