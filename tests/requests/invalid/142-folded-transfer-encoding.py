"""RFC 9112 5.2: folded lines are refused."""

expected = [{"status": 400}]
