"""RFC 9112 2.2: no blank before the first field."""

expected = [{"status": 400}]
