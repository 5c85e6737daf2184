"""Real programs of IRC for tests: servers (ngIRCd, InspIRCd) and clients (ii, WeeChat), started and ended.

Nothing sleeps here: what is waited for is a line that a program says.
"""

import os
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import sample

from twisted.trial.unittest import SkipTest

from .certificate import certificate
from .program import Program
from .raw_client import PATIENCE
from .serving import needed

NGIRCD = """
[Global]
    Name = irc.occ.test
    Info = test
    Listen = 127.0.0.1
    Ports = {port}
    ServerUID = root
    ServerGID = root
    AdminInfo1 = test
    AdminEMail = test@occ.test
    MotdPhrase = "test"
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxNickLength = 15
    MaxPenaltyTime = -1
    PingTimeout = 20
    PongTimeout = 10
[Options]
    DNS = no
    Ident = no
    PAM = no
"""

INSPIRCD = """
<server name="insp.occ.test" description="test" id="99A" network="OccNet">
<admin name="t" nick="t" email="t@occ.test">
<bind address="127.0.0.1" port="{port}" type="clients">
<bind address="127.0.0.1" port="{tls}" type="clients" sslprofile="tls">
<module name="ssl_gnutls">
<sslprofile name="tls" provider="gnutls" certfile="{folder}/cert.pem" keyfile="{folder}/key.pem">
<connect name="main" allow="*" timeout="60" pingfreq="20" hardsendq="1048576" softsendq="8192" recvq="8192"
 threshold="10" commandrate="1000" fakelag="on" localmax="1000" globalmax="1000" maxconnwarn="no"
 resolvehostnames="no">
<options defaultbind="auto" casemapping="ascii">
<limits maxnick="20" maxmodes="20" maxident="11" maxhost="64">
<files motd="/dev/null">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/log">
<module name="cap">
<module name="ircv3">
<module name="ircv3_capnotify">
<module name="ircv3_servertime">
<module name="ircv3_accounttag">
<module name="monitor">
<module name="services_account">
"""


def free_port() -> int:
    """A port that nobody has now; nor will the system give it to a client, or to who lets it choose, before it is used.

    Nor can the game, which knocks while the server is away, be connected to itself there.
    """
    for port in sample(range(20_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def home(folder: Path) -> dict[str, str]:
    """The environment of a program that keeps its things in a folder."""
    return {**os.environ, "HOME": str(folder), "TERM": "dumb"}


class Ircd(Program):
    """A server, at `port`; with TLS at `tls`, if it has it. It is there when it answers."""

    def __init__(self, command: Sequence[str | Path], folder: Path, port: int, tls: int = 0) -> None:
        self.port, self.tls = port, tls
        super().__init__(command, folder, home(folder))
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.kill()
            raise

    def _wait_until_it_listens(self) -> None:
        for _ in range(2000):
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port), PATIENCE):
                return
            with self._news:
                self._news.wait_for(lambda: self._ended, 0.01)
        raise AssertionError(f"it does not listen:\n{self.output}")


def ngircd(folder: Path, port: int = 0) -> Ircd:
    """ngIRCd, with its penalties for who writes fast."""
    program, port = needed("ngircd"), port or free_port()
    file = folder / "ngircd.conf"
    file.write_text(NGIRCD.format(port=port))
    return Ircd((program, "-n", "-f", file), folder, port)


def inspircd(folder: Path) -> Ircd:
    """InspIRCd, with a certificate for localhost in `cert.pem`."""
    program, port, tls = needed("inspircd"), free_port(), free_port()
    certificate(folder)
    file = folder / "inspircd.conf"
    file.write_text(INSPIRCD.format(folder=folder, port=port, tls=tls))
    root = ("--runasroot",) if os.geteuid() == 0 else ()
    return Ircd((program, *root, "--nofork", "--nopid", f"--config={file}"), folder, port, tls)


class Ii(Program):
    """`ii`: one writes into a FIFO, and reads what the server says."""

    def __init__(self, folder: Path, port: int, nick: str) -> None:
        self._place, self._talks = folder / nick / "127.0.0.1", False
        super().__init__(
            (needed("ii"), "-s", "127.0.0.1", "-p", str(port), "-n", nick, "-i", folder / nick), folder, home(folder)
        )
        self.wait_for(rf" (376|422) {nick} ")

    def write(self, text: str, answer: str) -> re.Match:
        """Write to the game, and wait for its answer."""
        if self._talks:
            self.command(text, "occgam/in")
        else:  # this is how a talk begins
            self.command(f"/j occgam {text}")
            self._talks = True
        return self.wait_for(rf"PRIVMSG \S+ :.*{answer}")

    def command(self, text: str, where: str = "in") -> None:
        """What `ii` is to do."""
        (self._place / where).write_text(f"{text}\n")


class WeeChat(Program):
    """WeeChat without a face: one writes into its FIFO, and reads its log of the talk with the game."""

    def __init__(self, folder: Path, port: int, nick: str, tls: bool = False) -> None:
        program = needed("weechat-headless")
        self._home = folder / nick
        self._home.mkdir()
        (self._home / "logs").mkdir()
        logs = [self._home / "logs" / f"irc.{name}.weechatlog" for name in ("server.t", "t.occgam")]
        for log in logs:
            log.touch()
        on = "on" if tls else "off"  # by the names before and since version 4
        secure = [f"/set irc.server.t.{name} {on}" for name in ("ssl", "tls")]
        secure += [f"/set irc.server.t.{name}_verify off" for name in ("ssl", "tls")]
        start = (
            f"/server add t 127.0.0.1/{port}", f"/set irc.server.t.nicks {nick}", f"/set irc.server.t.username {nick}",
            *secure, "/set irc.server_default.anti_flood_prio_high 0", "/set logger.file.flush_delay 0", "/connect t",
        )  # fmt: skip
        runs = [word for line in start for word in ("-r", line)]
        self._chat = Program((program, "-d", self._home, *runs), folder, home(folder))
        try:
            super().__init__(
                (needed("tail"), "-q", "-n", "+1", "-F", "--sleep-interval=0.05", *logs), folder, home(folder)
            )
            self.wait_for("End of (MOTD|message of the day)|MOTD [Ff]ile")
        except BaseException:
            self._chat.kill()
            raise

    def write(self, text: str, answer: str) -> re.Match:
        """As of `Ii`."""
        fifo = next(self._home.glob("weechat_fifo_*"), None)
        if fifo is None:
            raise SkipTest("WeeChat's plugin fifo is not installed (weechat-plugins)")
        fifo.write_text(f"irc.server.t */msg occgam {text}\n")
        return self.wait_for(rf"\toccgam\t.*{answer}")

    def kill(self) -> None:
        """End it."""
        self._chat.kill()
        super().kill()
