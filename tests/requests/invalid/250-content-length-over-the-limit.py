"""RFC 9110 15.5.14: more than is taken."""

expected = [{"status": 413}]
