"""RFC 9112 2.2: lines end with CR LF; a bare LF or CR may be read otherwise by the next server."""

expected = [{"status": 400}]
