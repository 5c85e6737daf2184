"""Static files with Starlette on uvicorn: `starlette_files.py PORT ROOT LOG`."""

import logging
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

port, root, log = sys.argv[1:]
access = logging.getLogger("uvicorn.access")
handler = logging.FileHandler(log)
handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
access.addHandler(handler)
access.setLevel(logging.INFO)
access.propagate = False
app = Starlette(routes=[Mount("/", StaticFiles(directory=root))])
uvicorn.run(
    app,
    host="127.0.0.1",
    port=int(port),
    backlog=1024,
    timeout_keep_alive=300,
    log_config=None,
    access_log=True,
    lifespan="off",
)
