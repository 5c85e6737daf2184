"""RFC 9110 6.4: content is octets; line ends in it mean nothing."""

expected = [
    {"method": b"POST", "fields": {b"host": b"a", b"content-length": b"13"}, "length": 13},
    b"\r\n\r\n\x00\xff\n\r0\r\n\r\n",
    [],
]
