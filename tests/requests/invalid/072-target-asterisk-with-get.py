"""RFC 9112 3.2: the form of the target does not go with the method."""

expected = [{"status": 400}]
