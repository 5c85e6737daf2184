"""RFC 9110 4.2: no http URL with a host."""

expected = [{"status": 400}]
