"""RFC 9110 5.4, RFC 6585 5: too large is known before anything else is."""

expected = [{"status": 431}]
