"""RFC 9110 15.6.6: the preface of HTTP/2 is well-formed, and of another major version."""

expected = [{"status": 505}]
