"""RFC 9112 3: at least 8000 octets are to be taken."""

expected = [{"target": b"/" + b"a" * 7986}]
