"""RFC 9112 5.1: no blank between name and colon; it has hidden fields from one of two servers."""

expected = [{"status": 400}]
