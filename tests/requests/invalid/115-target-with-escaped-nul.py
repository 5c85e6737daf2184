"""RFC 3986 7.3: a NUL in a path is an attack on the file system."""

expected = [{"status": 400}]
