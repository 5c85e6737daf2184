"""Tells back what is uploaded, while it comes: neither side is faster than the other, and nothing is kept."""


async def ogimain(ogi):
    await ogi.persist()
    async for connection in ogi:
        ogi.fork(echo(connection), "echo")


async def echo(connection):
    kind = connection.headers.get("content-type", "application/octet-stream")
    async with connection.stream(kind) as out:
        async for piece in connection.pieces():
            await out.write(piece)
