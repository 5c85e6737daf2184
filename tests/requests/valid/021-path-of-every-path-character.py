"""RFC 3986 3.3: pchar."""

expected = [{"target": b"/-._~!$&'()*+,;=:@09AZaz"}]
