"""RFC 9112 2.2: one empty line is ignored, not two."""

expected = [{"status": 400}]
