"""RFC 9110 2.5: a higher minor version is read as the highest that is known."""

expected = [{}]
