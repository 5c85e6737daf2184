"""RFC 9110 5.4, RFC 6585 5: more bytes than are taken."""

expected = [{"status": 431}]
