"""RFC 9110 5.4, RFC 6585 5: more fields than are taken."""

expected = [{"status": 431}]
