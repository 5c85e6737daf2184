"""One connection, then gone: without `persist` every request has an instance of its own."""

from html import escape

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Hello</title>
<style>:root { color-scheme: light dark; font: 1.2rem/1.5 system-ui, sans-serif }</style></head>
<body><p>Hello, %s!</p></body>
</html>
"""


async def ogimain(ogi):
    connection = await ogi.receive()
    name = connection.args.get("name", connection.query) or "world"
    await connection.html(PAGE % escape(name))
