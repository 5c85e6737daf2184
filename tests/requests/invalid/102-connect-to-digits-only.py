"""RFC 9112 3.2.3, RFC 9110 9.3.6: host and port, a valid one."""

expected = [{"status": 400}]
