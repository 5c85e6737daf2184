"""RFC 9110 5.4, RFC 6585 5: an end that never comes is not waited for."""

expected = [{"status": 431}]
