"""RFC 9110 15.6.6: another major version is 505."""

expected = [{"status": 505}]
