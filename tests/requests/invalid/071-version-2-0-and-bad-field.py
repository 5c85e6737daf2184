"""RFC 9110 15.6.6: the rest of another major version's head is not looked at."""

expected = [{"status": 505}]
