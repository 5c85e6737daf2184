"""Adapter. `twistd occwserv`: only the words twistd shows; the server is imported when it is asked for."""

from twisted.application.service import ServiceMaker

occwserv = ServiceMaker(
    "occwserv",
    "occwserv.tap",
    "A highly concurrent web server of communicating processes.",
    "occwserv",
)
