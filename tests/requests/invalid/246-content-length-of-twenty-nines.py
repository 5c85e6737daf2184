"""RFC 9110 8.6: large numbers do not overflow."""

expected = [{"status": 413}]
