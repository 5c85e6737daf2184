"""All that can go wrong in a module, chosen by the query: /ogi/crash?kind=index. Others notice nothing of it."""

import re
import sys
import time

from occwserv.csp import Channel, stop

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Crash</title>
<style>:root { color-scheme: light dark; font: 1rem/1.8 system-ui, sans-serif }
body { max-width: 42rem; margin: 0 auto; padding: 1rem }</style></head>
<body><h1>Crash</h1><p>Each of these makes a module fail in its own way. Nobody else notices.</p>
<p>Who fails too often rests: after five times, the page is not to be had (503) until the first was a minute ago.</p>
<ul>%s</ul></body>
</html>
"""
FORMS = {}
SPARE = []


def kind(run):
    FORMS[run.__name__.rstrip("_")] = run
    return run


@kind
async def exception(ogi, connection):
    raise RuntimeError("as you asked")


@kind
async def index(ogi, connection):
    return [][3]


@kind
async def division(ogi, connection):
    return 1 / 0


@kind
async def recursion(ogi, connection):
    def deeper(depth):
        return deeper(depth + 1) + 1

    return deeper(0)


@kind
async def exit_(ogi, connection):
    sys.exit(3)


@kind
async def stop_(ogi, connection):
    await stop()


@kind
async def deadlock(ogi, connection):
    left, right = Channel("left"), Channel("right")

    async def other():
        await left.send(await right.receive())

    ogi.fork(other(), "other")
    await right.send(await left.receive())


@kind
async def never(ogi, connection):
    SPARE.append(connection)
    await ogi.sleep(3600)


@kind
async def twice(ogi, connection):
    await connection.text("once")
    await connection.text("twice")


@kind
async def drop(ogi, connection):
    return


@kind
async def loop(ogi, connection):
    while True:
        pass


@kind
async def stubborn(ogi, connection):
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


@kind
async def sleep(ogi, connection):
    time.sleep(60)


@kind
async def regex(ogi, connection):
    re.match(r"(a+)+$", "a" * 40 + "b")


@kind
async def descriptors(ogi, connection):
    kept = []
    while True:
        kept.append(open("/dev/null"))  # noqa: SIM115


@kind
async def half(ogi, connection):
    async with connection.stream("text/plain") as out:
        await out.write("half an ans")
        raise RuntimeError("in the middle of an answer")


@kind
async def feeds(ogi, connection):
    opened = [connection.events() for _ in range(100_000)]
    await connection.text(f"{len(opened)} feeds")


async def ogimain(ogi):
    connection = await ogi.receive()
    run = FORMS.get(connection.args.get("kind", ""))
    if run is None:
        links = "".join(f'<li><a href="?kind={name}">{name}</a></li>' for name in FORMS)
        await connection.html(PAGE % links)
    else:
        await run(ogi, connection)
