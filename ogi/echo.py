"""Tells back what is uploaded, while it comes: neither side is faster than the other, and nothing is kept."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Echo</title>
<style>:root { color-scheme: light dark; font: 1rem/1.8 system-ui, sans-serif }
body { max-width: 42rem; margin: 0 auto; padding: 1rem }
textarea, button { font: inherit; padding: .4rem .6rem; box-sizing: border-box; max-width: 100% }</style></head>
<body><h1>Echo</h1>
<form method="post" enctype="text/plain">
<textarea name="said" aria-label="What is told back" cols="60" rows="4"></textarea>
<p><button>Send</button></p></form>
<p>A file of any size: <code>curl -T file http://this.server/ogi/echo</code></p></body>
</html>
"""


async def ogimain(ogi):
    await ogi.persist()
    async for connection in ogi:
        ogi.fork(echo(connection), "echo")


async def echo(connection):
    if connection.method in ("GET", "HEAD"):
        await connection.html(PAGE)
        return
    kind = connection.headers.get("content-type", "application/octet-stream")
    if kind == "text/plain":
        kind += "; charset=utf-8"  # as a browser sends it, which does not say so
    async with connection.stream(kind) as out:
        async for piece in connection.pieces():
            await out.write(piece)
