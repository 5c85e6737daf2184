"""RFC 9112 6.1, 7: a coding this server does not know."""

expected = [{"status": 501}]
