"""What programs say, and what becomes of it: the rules of answers, row by row."""

TYPE = "echo 'Content-Type: text/plain'; "
PLAIN = TYPE + "echo; echo hello"

# What the program does; then the status and reason, fields that are wanted (None: not there), and the body.
TABLE = {
    "plain": (PLAIN, "200 OK", {"content-type": "text/plain"}, b"hello\n"),
    "crlf": (r"printf 'Content-Type: text/plain\r\n\r\nhello'", "200 OK", {"content-type": "text/plain"}, b"hello"),
    "local-redirect": ("echo 'Location: /cgi-bin/target?a=b'; echo; echo dropped", "200 OK", {}, b"GET a=b\n"),
    "local-redirect-to-a-page": (
        "echo 'Location: /index.html'; echo",
        "200 OK",
        {"content-type": "text/html; charset=utf-8"},
        b"front",
    ),
    "local-redirect-to-nothing": ("echo 'Location: /nothing'; echo", "404 Not Found", {"location": None}, None),
    "local-redirect-in-circles": (
        "echo 'Location: /cgi-bin/local-redirect-in-circles'; echo",
        "502 Bad Gateway",
        {},
        None,
    ),
    "local-redirect-that-goes-up": ("echo 'Location: /a/../../b'; echo", "502 Bad Gateway", {}, None),
    "local-path-with-a-status": (
        "echo 'Status: 303'; echo 'Location: /x'; echo",
        "303 See Other",
        {"location": "/x"},
        None,
    ),
    "another-server": ("echo 'Location: //host/x'; echo", "302 Found", {"location": "//host/x"}, None),
    "client-redirect": (
        "echo 'Location: http://example.org/'; echo",
        "302 Found",
        {"location": "http://example.org/", "content-type": "text/plain"},
        b"The page is elsewhere; the field Location says where.\n",
    ),
    "redirect-with-body": (
        "echo 'Location: http://example.org/'; echo 'Status: 303 Look'; " + PLAIN,
        "303 Look",
        {"location": "http://example.org/"},
        b"hello\n",
    ),
    "status-before-location": (
        "echo 'Status: 301'; echo 'Location: http://example.org/'; echo",
        "301 Moved Permanently",
        {"location": "http://example.org/"},
        None,
    ),
    "reason-is-kept": ("echo 'Status: 404 Nothing Here'; " + PLAIN, "404 Nothing Here", {}, b"hello\n"),
    "reason-that-is-no-text": (r"printf 'Status: 404 N\303\266\n'; " + PLAIN, "404 Not Found", {}, b"hello\n"),
    "status-is-no-number": ("echo 'Status: banana'; " + PLAIN, "502 Bad Gateway", {}, None),
    "status-is-interim": ("echo 'Status: 100'; " + PLAIN, "502 Bad Gateway", {}, None),
    "status-twice": ("echo 'Status: 200'; echo 'Status: 404'; " + PLAIN, "502 Bad Gateway", {}, None),
    "no-content": (
        "echo 'Status: 204'; echo; echo body",
        "204 No Content",
        {"content-length": None, "content-type": None},
        b"",
    ),
    "not-modified": (
        "echo 'Status: 304'; echo 'ETag: \"x\"'; echo; echo body",
        "304 Not Modified",
        {"etag": '"x"'},
        b"",
    ),
    "no-blank-behind-the-colon": (
        "echo Content-Type:text/plain; echo X-A:b; echo; echo hello",
        "200 OK",
        {"content-type": "text/plain", "x-a": "b"},
        b"hello\n",
    ),
    "no-type": ("echo 'X-A: b'; echo; echo hello", "200 OK", {"content-type": "text/plain"}, b"hello\n"),
    "no-head": ("echo hello world", "502 Bad Gateway", {}, None),
    "empty-head": ("echo; echo hello", "502 Bad Gateway", {}, None),
    "folded": ("echo 'X-A: b'; echo ' c'; " + PLAIN, "502 Bad Gateway", {}, None),
    "nothing": ("exit 0", "502 Bad Gateway", {}, None),
    "head-never-ends": ("echo 'Content-Type: text/plain'", "502 Bad Gateway", {}, None),
    "exits-with-3": (PLAIN + "; exit 3", "200 OK", {}, b"hello\n"),
    "announces-too-little": (
        "echo 'Content-Length: 5'; " + TYPE + "echo; printf helloworld",
        "200 OK",
        {"content-length": "5"},
        b"hello",
    ),
    "length-is-no-number": ("echo 'Content-Length: 5x'; " + PLAIN, "200 OK", {"content-length": None}, b"hello\n"),
    "frames-itself": (
        "echo 'Transfer-Encoding: chunked'; echo 'Connection: X-A'; echo 'X-A: b'; "
        + TYPE
        + r"printf '\n5\r\nhello\r\n0\r\n\r\n'",
        "200 OK",
        {"x-a": None, "connection": "close"},
        b"5\r\nhello\r\n0\r\n\r\n",
    ),
    "lists-its-type-as-of-the-connection": (
        "echo 'Connection: content-type'; echo 'Content-Type: text/html'; echo; echo '<p>'",
        "200 OK",
        {"content-type": "text/plain"},
        b"<p>\n",
    ),
    "behind-its-length-another-answer": (
        "echo 'Content-Length: 2'; " + TYPE + r"printf '\nokHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'",
        "200 OK",
        {"content-length": "2"},
        b"ok",
    ),
    "server-and-date": (
        "echo 'Server: mine'; echo 'Date: never'; " + PLAIN,
        "200 OK",
        {"server": "occwserv"},
        b"hello\n",
    ),
    "nph-raw": (
        r"printf 'HTTP/1.1 418 Teapot\r\nX-A: b\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc'",
        "418 Teapot",
        {"x-a": "b", "server": None},
        b"abc",
    ),
    "nph-that-is-none": ("echo hello", "502 Bad Gateway", {}, None),
    "status-line": ("echo 'HTTP/1.1 418 Short'; " + PLAIN, "418 Short", {}, b"hello\n"),
    "bad-interpreter": ("#!/nowhere/at/all\n", "502 Bad Gateway", {}, None),
    "long-line": ("printf 'X-A: '; head -c 20000 /dev/zero | tr '\\0' a; echo; " + PLAIN, "200 OK", {}, b"hello\n"),
    "head-too-long": (
        "while :; do echo 'X-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'; done",
        "502 Bad Gateway",
        {},
        None,
    ),
    "too-many-fields": ("for i in $(seq 300); do echo 'X: y'; done; " + PLAIN, "502 Bad Gateway", {}, None),
    "child-keeps-stdout": (PLAIN + "; sleep 1000 &", "200 OK", {}, b"hello\n"),
    "floods-stderr": ("head -c 2000000 /dev/zero | tr '\\0' 'e' >&2; " + PLAIN, "200 OK", {}, b"hello\n"),
    "killed": ("kill -9 $$", "502 Bad Gateway", {}, None),
}
