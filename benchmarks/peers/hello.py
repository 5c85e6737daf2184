"""The smallest ASGI application: says hello."""

BODY = b"<!DOCTYPE html><title>Hello</title><p>Hello, world!</p>\n"
FIELDS = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(BODY))]


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": FIELDS})
    await send({"type": "http.response.body", "body": BODY})
