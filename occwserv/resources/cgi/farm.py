"""Adapter. The farm of CGI programs (the paper, 2.3: `cgi.farm`): so many run at once, so many requests wait for one to
end, for so long; everybody else is told to come again.

A `Mount` is the resource of one folder of programs, and all mounts share the farm. The life of one request is in
`page`, as in the paper.
"""

import os
from collections import Counter, deque
from functools import partial
from itertools import count

from twisted.logger import Logger

from ...http.errors import Unavailable
from ...net.endings import Endings
from ...net.launch import keep_descriptors
from ...settings import Cgi
from .log import Notes, Rate, ScriptFile
from .message import Script
from .page import Page
from .start import AGAIN

LOOK = 0.1
"""Seconds between two looks at the programs that run: how late it may be noticed that one takes too long."""
URL = 200
"""Characters of a URL that the statistics show."""


class Farm:
    """The places where programs run.

    :param reactor: for time, pipes and threads.
    """

    log = Logger("occwserv.cgi")

    def __init__(self, reactor, settings: Cgi) -> None:
        self.reactor = reactor
        self._running: dict[int, Page] = {}
        self._busy: Counter[str] = Counter()  # how many of them run for each mount, which a reload makes anew
        self._waiting: deque[Page] = deque()
        self._ending: dict[int, Page] = {}  # their programs have said all, and will exit in a moment
        self.counts: Counter[str] = Counter(started=0, refused=0, failed=0, timed_out=0, left=0, redirected=0)
        self._starting: deque[Page] = deque()  # they have a place, and start in the next turns
        self._paced = False  # one has been started in this turn
        self._looking = False
        loop = getattr(reactor, "_asyncioEventloop", None)
        self._runs = count(1)
        self._mark = f"{int(reactor.seconds()):x}-{os.getpid():x}"
        self.endings = Endings(reactor)
        self._soon = partial(reactor.callLater, 0) if loop is None else loop.call_soon
        keep_descriptors()
        self.configure(settings)

    def configure(self, settings: Cgi) -> None:
        """Work under these settings from now on. Programs that run, run on."""
        self.settings = settings
        self._rate = Rate(settings.limits.stderr_rate, self.reactor.seconds)
        log = settings.script_log
        self._script_file = None if log.path is None else ScriptFile(log.path, log.bytes)

    def enter(self, page: Page) -> None:
        """Run a page now, or when there is a place.

        :raise HTTPError: 503 when too many wait.
        """
        if not self._fits(page):
            for each in list(self._ending.values()):
                each.look()
        if self._fits(page):
            self._take(page)
        elif len(self._waiting) < self.settings.queue:
            self._waiting.append(page)
            page.wait(self.settings.wait)
            for each in self._ending.values():
                each.program.watch_exit()
        else:
            self.counts["refused"] += 1
            raise Unavailable("too many programs run, and too many requests wait for them", AGAIN)

    def leave(self, page: Page) -> None:
        """A page waits no more, and was not run."""
        self._waiting.remove(page)

    def ending(self, page: Page) -> None:
        """A page's program has closed its output, but has not exited. To watch each of them for the moment that this
        takes would cost more than to look, unless somebody waits for the place."""
        if self._waiting:
            page.program.watch_exit()
        else:
            self._ending[id(page)] = page

    def done(self, page: Page) -> None:
        """A page's program has ended: the next one has its place."""
        del self._running[id(page)]
        self._busy[page.mount.own.mount] -= 1
        self._ending.pop(id(page), None)
        while following := next(filter(self._fits, self._waiting), None):
            self._waiting.remove(following)
            self._take(following)

    def unique(self) -> bytes:
        """What no other run of a program is called, by this server or one before it."""
        return f"{self._mark}-{next(self._runs):x}".encode()

    def _fits(self, page: Page) -> bool:
        """Whether there is a place for a page, among all programs and among those of its mount."""
        most = page.mount.own.workers
        return len(self._running) < self.settings.workers and (most is None or self._busy[page.mount.own.mount] < most)

    def _take(self, page: Page) -> None:
        page.place()
        self._busy[page.mount.own.mount] += 1
        self._running[id(page)] = page
        self._starting.append(page)
        if not self._paced:
            self._start()

    def _start(self) -> None:
        """Start one program now, and the next one in the next turn of the reactor: between them others are served."""
        self._paced = bool(self._starting)
        if not self._paced:
            return
        self._soon(self._start)
        page = self._starting.popleft()
        try:
            runs = page.run()
        except Exception:
            runs = False
            page.crashed()
        if not runs:
            self.done(page)
        elif not self._looking:
            self._looking = True
            self.reactor.callLater(LOOK, self._look)

    def _look(self) -> None:
        """Look after all programs; one timer does for them, since most end before it is over."""
        for page in list(self._running.values()):
            try:
                page.look()
            except Exception:
                self.log.failure("a look at {url} failed", url=page.url)
        self._looking = bool(self._running)
        if self._looking:
            self.reactor.callLater(LOOK, self._look)

    def notes(self, settings: Cgi, script: Script, line: bytes) -> Notes:
        """What will be noted of a program, with the line of its request."""
        file = self._script_file
        write = None if file is None else partial(self.reactor.callInThread, file.write)
        return Notes(settings, script, line, self._rate, write)

    def stop(self) -> None:
        """The server ends: so do all programs."""
        for page in list(self._running.values()):
            if page.program is not None:
                page.program.kill_and_wait()
        self.endings.close()

    def figures(self) -> dict:
        """How many run and wait, and which."""
        now = self.reactor.seconds()
        scripts = [
            {"pid": page.program.pid, "age": round(now - page.began, 1), "url": page.url[:URL]}
            for page in self._running.values()
            if page.program is not None and page.program.pid is not None
        ]
        return {
            "workers": self.settings.workers,
            "running": len(self._running),
            "queue": self.settings.queue,
            "waiting": len(self._waiting),
            **self.counts,
            "scripts": sorted(scripts, key=lambda script: -script["age"]),
        }
