"""Pure. HTTP as bytes and values (RFC 9110, 9112): no socket, no clock, no Twisted."""
