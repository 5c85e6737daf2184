"""RFC 9112 2.3: HTTP/ and DIGIT . DIGIT, case-sensitive."""

expected = [{"status": 400}]
