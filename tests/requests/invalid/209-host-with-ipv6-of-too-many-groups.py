"""RFC 9112 3.2, RFC 9110 7.2: Host is uri-host and an optional port."""

expected = [{"status": 400}]
