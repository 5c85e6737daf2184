"""RFC 9110 5.1: colons alone are no fields."""

expected = [{"status": 400}]
