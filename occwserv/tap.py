"""Adapter. The command line of `twistd occwserv`: options in, a service out.

Nothing heavy is imported before the options are read, so that `--help` is quick; and no reactor, so that the one of
`net/reactor.py` can still be installed.
"""

import sys
from contextlib import suppress
from pathlib import Path

from twisted.application.service import IService
from twisted.python import usage

from . import __version__

DEFAULT_FILE = "tap.yaml"


class Options(usage.Options):
    """What can be said on the command line. Mistakes end the program with status 1, all named at once."""

    synopsis = "[--config FILE] [--listen ENDPOINT]... [--root DIR] [--set KEY=VALUE]... [--check]"
    longdesc = "Serves files, CGI programs, modules and a game. docs/configuration.md tells the settings."
    optParameters = [
        ["config", "c", None, f"The file of settings; without it ./{DEFAULT_FILE} if there, else defaults."],
        ["root", "r", None, "The folder to serve: short for --set static.root=DIR."],
    ]
    optFlags = [["check", None, "Read the settings, say what would be served or every mistake, and end."]]

    def __init__(self) -> None:
        super().__init__()
        self["listen"] = []
        self["set"] = []

    def opt_listen(self, endpoint: str) -> None:
        """Listen here and not where the settings say: a Twisted endpoint such as tcp:8080. Can be repeated."""
        self["listen"].append(endpoint)

    def opt_set(self, override: str) -> None:
        """Override a setting by its dotted path: --set limits.head=32768. Can be repeated; the last one wins."""
        self["set"].append(override)

    opt_l = opt_listen
    opt_s = opt_set

    def opt_version(self) -> None:
        """Print the version of occwserv and end."""
        print(f"occwserv {__version__}")
        raise SystemExit(0)

    def postOptions(self) -> None:
        """Read the settings."""
        from .net.reactor import install_reactor

        install_reactor()
        from .config import ConfigError

        # The folder is kept: a daemon may change to another one before it is asked to reload.
        self._here = Path.cwd()
        try:
            self.settings = self.load()
        except ConfigError as error:
            print(error, file=sys.stderr)
            raise SystemExit(1) from None
        if self["check"]:
            print(self.describe())
            raise SystemExit(0)

    def load(self):
        """The settings of the file and the command line, as they are now.

        :raise ConfigError: with every mistake.
        """
        from twisted.internet import reactor

        from .config import ConfigError, Mistake, parse
        from .places import resolve

        name = self["config"] or DEFAULT_FILE
        source = self._here / name
        try:
            text = source.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            if self["config"] or not isinstance(error, FileNotFoundError):
                raise ConfigError([Mistake("", f"can not be read: {error}", None, str(source))]) from None
            text = ""
        return resolve(parse(text, name, self._overrides()), source.parent, name, reactor)

    def _overrides(self) -> list[str]:
        from .places import absolute, quoted

        overrides = [absolute(override, self._here) for override in self["set"]]
        if self["listen"]:
            overrides.append(f"listen={quoted(self['listen'])}")
        if self["root"] is not None:
            overrides.append(f"static.root={quoted(str(self._here / self['root']))}")
        return overrides

    def describe(self) -> str:
        """What would be served."""
        settings = self.settings
        stats = settings.stats
        pages = [path for path in (stats.page, stats.json, stats.metrics) if path]
        joined = [*(settings.irc.server or ()), *(network.server for network in settings.irc.networks)]
        return "\n".join(
            [
                "The settings are right. This would be served:",
                *(f"  at      {endpoint}" for endpoint in settings.listen),
                f"  files   {settings.static.root}",
                f"  status  {' '.join(pages) or 'not shown'}",
                f"  log     {settings.log.access or 'none'}",
                f"  telnet  {settings.telnet.listen or 'none'}",
                *(f"  irc     {endpoint or 'none'}" for endpoint in joined or [settings.irc.serve]),
            ]
        )


def makeService(options: Options) -> IService:
    """The server, with the signals it obeys."""
    from time import time

    from twisted.internet import reactor
    from twisted.internet.error import ReactorNotRunning

    from .net.signals import handle_signals
    from .server import Server

    def stop() -> None:
        # Told a second time, while answers are being finished, it has nothing else to do.
        with suppress(ReactorNotRunning):
            reactor.stop()

    server = Server(reactor, options.settings, options.load, time)
    actions = {
        "SIGTERM": stop,
        "SIGINT": stop,
        "SIGHUP": server.reload,
        "SIGUSR1": server.reopen_log,
    }
    reactor.callWhenRunning(handle_signals, reactor, actions)
    return server
