"""Static files with aiohttp: `aiohttp_files.py PORT ROOT LOG`."""

import asyncio
import logging
import sys

from aiohttp import web

try:
    import uvloop
except ImportError:
    uvloop = None

port, root, log = sys.argv[1:]
access = logging.getLogger("aiohttp.access")
access.addHandler(logging.FileHandler(log))
access.setLevel(logging.INFO)
access.propagate = False
app = web.Application()
app.add_routes([web.static("/", root)])
loop = uvloop.new_event_loop() if uvloop else asyncio.new_event_loop()
web.run_app(
    app,
    host="127.0.0.1",
    port=int(port),
    backlog=1024,
    keepalive_timeout=300,
    access_log=access,
    print=None,
    loop=loop,
)
