"""RFC 9112 3.2.3: authority-form is for CONNECT alone."""

expected = [{"status": 400}]
