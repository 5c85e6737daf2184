"""RFC 9112 2.2: an empty line is CR LF."""

expected = [{"status": 400}]
