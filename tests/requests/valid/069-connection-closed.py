"""RFC 9110 7.6.1: an option is a whole member; closed is not close."""

expected = [{"fields": {b"host": b"a", b"connection": b"closed, x-close"}}]
