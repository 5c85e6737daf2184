"""RFC 9112 2.2: what follows a request is read as strictly."""

expected = [{}, {"status": 400}]
