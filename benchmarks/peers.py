"""The servers to choose from: how each is started, and with which configuration.

All have one worker and write an access log; where it can be set, they keep idle connections for five minutes and
accept a backlog of 1,024. The configurations are in peers/, with $names for what differs from run to run.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"
TWISTD = Path(sys.executable).with_name("twistd")


def find(program: str) -> str | None:
    """The path of a program; servers are often where only root looks for programs."""
    return shutil.which(program, path=SEARCHED)


def version(package: str) -> str | None:
    """The version of an installed Python package. (The repository has a folder called twisted, too.)"""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True)
class Peer:
    """A server that can be started.

    :param command: how, with $names.
    :param config: its template in peers/.
    :param more: what $more in it is.
    :param package: where its program comes from.
    :param modules: Python packages that it needs.
    :param faster: those that make it faster, if they are there.
    :param descriptors: how many file descriptors it reckons with for each connection.
    """

    command: str
    config: str = ""
    more: str = ""
    package: str = ""
    modules: tuple[str, ...] = ()
    faster: tuple[str, ...] = ()
    descriptors: int = 1

    @property
    def program(self) -> str:
        return self.command.split()[0]

    def missing(self) -> str:
        """What must be installed first; nothing if all is there."""
        lacking = [module for module in self.modules if version(module) is None]
        if lacking:
            return f"{sys.executable} has no {' and no '.join(lacking)} (pip install {' '.join(lacking)})"
        if self.program == "$twistd" and not TWISTD.exists():
            return f"there is no {TWISTD}"
        if not self.program.startswith("$") and find(self.program) is None:
            return f"{self.program} is not installed (Debian: {self.package})"
        return ""

    def described(self) -> str:
        """Its version, as it says itself."""
        if self.modules:
            found = {module: version(module) for module in (*self.modules, *self.faster)}
            return ", ".join(f"{name} {number}" if number else f"without {name}" for name, number in found.items())
        said = subprocess.run([find(self.program) or "", "-v"], capture_output=True, text=True)
        return next(iter((said.stdout + said.stderr).splitlines()), "").rpartition("version: ")[2]


LIGHTTPD_CGI = """server.modules += ( "mod_cgi" )
$$HTTP["url"] =~ "^/cgi-bin/" { cgi.assign = ( "" => "" ) }"""
APACHE_CGI = """LoadModule cgid_module $modules/mod_cgid.so
LoadModule alias_module $modules/mod_alias.so
ScriptSock $folder/cgi.sock
ScriptAlias /cgi-bin/ $root/cgi-bin/"""

PEERS = {
    "occwserv": Peer(
        "$twistd -n --pidfile= occwserv --root $root --listen tcp:$port:interface=127.0.0.1:backlog=1024"
        " --set log.access=$log --set limits.requests=100000000 --set limits.per_client=20000"
        " --set timeouts.idle=300 --set irc.serve= --set telnet.listen=",
        modules=("twisted",),
        faster=("uvloop",),
    ),
    "nginx": Peer("nginx -e $folder/error.log -c $config", "nginx.conf", package="nginx-light"),
    "nginx-cache": Peer(
        "nginx -e $folder/error.log -c $config", "nginx.conf", "open_file_cache max=10000;", "nginx-light"
    ),
    "lighttpd": Peer("lighttpd -D -f $config", "lighttpd.conf", package="lighttpd", descriptors=2),
    "h2o": Peer("h2o -c $config", "h2o.yaml", package="h2o"),
    "apache": Peer("apache2 -DFOREGROUND -f $config", "apache.conf", package="apache2"),
    "lighttpd-cgi": Peer("lighttpd -D -f $config", "lighttpd.conf", LIGHTTPD_CGI, "lighttpd", descriptors=2),
    "apache-cgi": Peer("apache2 -DFOREGROUND -f $config", "apache.conf", APACHE_CGI, "apache2"),
    "twisted": Peer(
        "$twistd -n --pidfile= web --path $root --listen tcp:$port:interface=127.0.0.1:backlog=1024 --logfile $log",
        modules=("twisted",),
    ),
    "aiohttp": Peer("$python $peers/aiohttp_files.py $port $root $log", modules=("aiohttp",), faster=("uvloop",)),
    "starlette": Peer(
        "$python $peers/starlette_files.py $port $root $log",
        modules=("uvicorn", "starlette"),
        faster=("uvloop", "httptools"),
    ),
    "uvicorn": Peer(
        "$python -m uvicorn --app-dir $peers --host 127.0.0.1 --port $port --backlog 1024 --timeout-keep-alive 300"
        " --no-access-log --log-level warning --lifespan off hello:app",
        modules=("uvicorn",),
        faster=("uvloop", "httptools"),
    ),
    "granian": Peer(
        "$python -m granian --interface asginl --host 127.0.0.1 --port $port --workers 1 --backlog 1024"
        " --working-dir $peers --log-level warning hello:app",
        modules=("granian",),
        faster=("uvloop",),
    ),
}
