"""A hit counter: one instance answers everybody, and remembers how many there were."""

HEAD = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Hits</title>
<style>:root { color-scheme: light dark; font: 1.2rem/1.5 system-ui, sans-serif }</style></head>
"""


async def ogimain(ogi):
    await ogi.persist()
    async for connection in ogi:
        hits = ogi.state["hits"] = ogi.state.get("hits", 0) + 1
        await connection.html(f"{HEAD}<body><p>{hits} hits</p></body>\n</html>\n")
