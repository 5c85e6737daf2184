"""One connection, then gone: without `persist` every request has an instance of its own."""

from html import escape


async def ogimain(ogi):
    connection = await ogi.receive()
    name = connection.args.get("name", "") or connection.query or "world"
    await connection.html(f"<!DOCTYPE html><title>Hello</title><p>Hello, {escape(name)}!</p>\n")
