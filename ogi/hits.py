"""A hit counter: one instance answers everybody, and remembers how many there were."""


async def ogimain(ogi):
    await ogi.persist()
    async for connection in ogi:
        hits = ogi.state["hits"] = ogi.state.get("hits", 0) + 1
        await connection.html(f"<!DOCTYPE html><title>Hits</title><p>{hits} hits</p>\n")
