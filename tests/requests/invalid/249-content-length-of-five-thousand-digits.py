"""RFC 9110 8.6: large numbers do not overflow, nor take long."""

expected = [{"status": 413}]
