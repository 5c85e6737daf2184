"""RFC 9112 2.2: one empty line before a request line is ignored, each time."""

expected = [{}, {}]
