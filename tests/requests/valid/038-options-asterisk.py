"""RFC 9112 3.2.4: asterisk-form asks about the whole server."""

expected = [{"method": b"OPTIONS", "target": b"*"}]
