"""Scenes of ports, addresses and options: what transports and ports say of themselves, and how clients are taken in."""

import socket

from twisted.internet.interfaces import IConsumer, IListeningPort, IPushProducer, ITCPTransport, ITransport
from twisted.internet.protocol import Factory

from .transport_parties import MUCH, Guest, HalfParty, Party, told
from .transport_stage import LOCAL6, Stage, scene


def say(host: Party) -> None:
    """What a transport says of itself."""
    transport = host.transport
    host.sheet.note(f"connected {transport.connected:d} disconnecting {transport.disconnecting:d}")


@scene(
    host=["made", "connected 1 disconnecting 0", "connected 1 disconnecting 1", "lost ConnectionDone",
          "connected 0 disconnecting 1"],
    guest=[told(MUCH), "ended"],
)  # fmt: skip
async def what_it_says_of_itself(stage: Stage) -> None:
    host, guest = await stage.meet(made=say, lost=say)
    guest.reading = False
    host.transport.write(MUCH)
    host.transport.loseConnection()
    say(host)
    guest.reading = True
    await stage.heard("ended")


@scene(host=["made", "TypeError", "TypeError", "lost ConnectionDone"], guest=[])
async def only_bytes_are_written(stage: Stage) -> None:
    host, guest = await stage.meet()
    for write, data in ((host.transport.write, "text"), (host.transport.writeSequence, [b"bytes", "text"])):
        try:
            write(data)
        except TypeError:
            host.sheet.note("TypeError")
    guest.close()


@scene(
    host=["made", "ITransport", "ITCPTransport", "IConsumer", "IPushProducer", "no delay True False",
          "keep alive False True False", "lost ConnectionDone"],
    guest=[],
)  # fmt: skip
async def the_options_of_tcp(stage: Stage) -> None:
    host, guest = await stage.meet()
    transport = host.transport
    for interface in (ITransport, ITCPTransport, IConsumer, IPushProducer):
        if interface.providedBy(transport):
            host.sheet.note(interface.__name__)
    delays = []
    for flag in (True, False):
        transport.setTcpNoDelay(flag)
        delays.append(transport.getTcpNoDelay())
    alive = [transport.getTcpKeepAlive()]
    for flag in (1, 0):
        transport.setTcpKeepAlive(flag)
        alive.append(transport.getTcpKeepAlive())
    host.sheet.note("no delay {} {}".format(*delays))
    host.sheet.note("keep alive {} {} {}".format(*alive))
    guest.close()


class Addressed(Factory):
    """Notes the addresses that its protocols are built of, and what their transports say."""

    noisy = False

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._names: dict = {}

    def learn(self, name, word: str) -> None:
        """Call the address of an end by a word."""
        self._names[name] = word

    def told(self, address) -> str:
        """An address as it is noted."""
        name = (address.host, address.port) if hasattr(address, "port") else address.name or None
        rest = [str(value) for value in (getattr(address, "flowInfo", ""), getattr(address, "scopeID", "")) if value]
        return " ".join([type(address).__name__, self._names.get(name, str(name)), *rest])

    def doStart(self) -> None:
        self._stage.host.note("start")

    def doStop(self) -> None:
        self._stage.host.note("stop")

    def buildProtocol(self, address) -> Party:
        self._stage.host.note(f"built of {self.told(address)}")
        return Party(self._stage.host, made=self.say, lost=self.say_late)

    def say(self, host: Party) -> None:
        host.sheet.note(f"peer {self.told(host.transport.getPeer())}")
        host.sheet.note(f"host {self.told(host.transport.getHost())}")

    def say_late(self, host: Party) -> None:
        host.sheet.note(f"peer {self.told(host.transport.getPeer())}")


async def visit(stage: Stage, where: str) -> None:
    """A client comes and goes."""
    factory = Addressed(stage)
    port = await stage.listen(factory, where)
    assert IListeningPort.providedBy(port)
    name = port.getHost()
    factory.learn((name.host, name.port) if hasattr(name, "port") else name.name, "the port")
    stage.host.note(f"listening at {factory.told(name)}")
    port.stopReading()
    guest = stage.connect(port)
    mine = guest.socket.getsockname()
    if mine:
        factory.learn(mine[:2], "the client")
    port.startReading()
    await stage.noted("made")
    guest.close()
    await stage.noted("lost ConnectionDone")
    await port.stopListening()


@scene(
    host=["start", "listening at IPv4Address the port", "built of IPv4Address the client", "made",
          "peer IPv4Address the client", "host IPv4Address the port", "lost ConnectionDone",
          "peer IPv4Address the client", "stop"],
    guest=[],
)  # fmt: skip
async def the_addresses_of_version_4(stage: Stage) -> None:
    await visit(stage, "tcp:0:interface=127.0.0.1")


ADDRESS6 = "IPv6Address" if LOCAL6.startswith("tcp6") else "IPv4Address"


@scene(
    host=["start", f"listening at {ADDRESS6} the port", f"built of {ADDRESS6} the client", "made",
          f"peer {ADDRESS6} the client", f"host {ADDRESS6} the port", "lost ConnectionDone",
          f"peer {ADDRESS6} the client", "stop"],
    guest=[],
)  # fmt: skip
async def the_addresses_of_version_6(stage: Stage) -> None:
    await visit(stage, LOCAL6)


@scene(
    host=["start", "listening at UNIXAddress the port", "built of UNIXAddress None", "made",
          "peer UNIXAddress None", "host UNIXAddress the port", "lost ConnectionDone", "peer UNIXAddress None", "stop"],
    guest=[],
)  # fmt: skip
async def the_addresses_of_unix(stage: Stage) -> None:
    await visit(stage, stage.unix)
    assert not list(stage.folder.iterdir()), "the port took its socket away"


@scene(
    host=["made", "data b'last'", "read lost", "lost ConnectionDone"] * 2,
    guest=[told(MUCH), "ended"] * 2,
)
async def halves_and_much_data_elsewhere(stage: Stage) -> None:
    for number, where in enumerate((LOCAL6, stage.unix), start=1):
        host, guest = await stage.meet(HalfParty, where)
        guest.reading = False
        guest.send(b"last")
        guest.finish()
        await stage.noted("read lost", number)
        host.transport.write(MUCH)
        host.transport.loseConnection()
        await stage.turns()
        guest.reading = True
        await stage.heard("ended", number)


@scene(host=["made", "lost ConnectionAborted"] * 2, guest=["reset", "ended"])
async def aborting_elsewhere(stage: Stage) -> None:
    for where, end in ((LOCAL6, "reset"), (stage.unix, "ended")):
        host, _ = await stage.meet(where=where)
        host.transport.abortConnection()
        await stage.heard(end)


@scene(host=["made", "made", "lost ConnectionDone", "lost ConnectionDone"], guest=["data b'still here'"])
async def who_waits_is_taken_in_when_the_port_is_read_from_again(stage: Stage) -> None:
    hosts: list[Party] = []
    port = await stage.listen(lambda: hosts.append(Party(stage.host)) or hosts[-1])
    first = stage.connect(port)
    await stage.noted("made")
    port.stopReading()
    port.stopReading()
    second = stage.connect(port)
    hosts[0].transport.write(b"still ")
    await stage.turns()
    assert len(hosts) == 1, "nobody is taken in now"
    hosts[0].transport.write(b"here")
    port.startReading()
    port.startReading()
    await stage.until(lambda: len(hosts) == 2 and stage.guest.unsettled == b"still here")
    first.close()
    second.close()


@scene(host=["made", "made", "made", "data b'abc'"], guest=[])
async def all_who_wait_are_taken_in_at_a_word(stage: Stage) -> None:
    port = await stage.listen(lambda: Party(stage.host))
    port.stopReading()
    for letter in (b"a", b"b", b"c"):
        stage.connect(port).send(letter)
    await stage.turns()
    assert not stage.host.lines
    for _ in range(3):  # Twisted takes in a few at a time
        port.doRead()
    port.doRead()
    await stage.until(lambda: stage.host.lines.count("made") == 3 and len(stage.host.unsettled) == 3)


@scene(host=["made", "made", "stopped", "data b'served on'", "lost ConnectionDone", "lost ConnectionDone"], guest=[])
async def who_was_taken_in_is_served_when_the_port_is_closed(stage: Stage) -> None:
    port = await stage.listen(lambda: Party(stage.host))
    where = port.getHost()
    first = stage.connect(port)
    await stage.noted("made")
    port.stopReading()
    second = stage.connect(port)
    await stage.turns()
    port.doRead()
    await port.stopListening()
    stage.host.note("stopped")
    stage.forget(port)
    with socket.socket() as late:
        assert late.connect_ex((where.host, where.port)), "nobody listens any more"
    second.send(b"served on")
    await stage.until(lambda: stage.host.unsettled == b"served on")
    first.close()
    second.close()


@scene(host=["start", "stop", "start", "stop"], guest=[])
async def a_port_that_is_closed_at_once(stage: Stage) -> None:
    factory = Addressed(stage)
    for _ in range(2):
        port = await stage.listen(factory)
        stage.forget(port)
        await port.stopListening()
        await stage.turns()


GONE = ["built of IPv4Address the client", "made", "peer IPv4Address the client", "host IPv4Address the port",
        "data b'abc'"]  # fmt: skip
GONE_LATER = "peer IPv4Address the client"


@scene(
    host=["start", *GONE, "lost ConnectionDone", GONE_LATER, *GONE, "lost ConnectionLost", GONE_LATER],
    guest=[],
    loop_host=["start", *GONE, "lost ConnectionDone", GONE_LATER],  # the system does not tell any more who it was
)
async def who_has_left_before_it_is_taken_in(stage: Stage) -> None:
    factory = Addressed(stage)
    port = await stage.listen(factory)
    factory.learn((port.getHost().host, port.getHost().port), "the port")
    for leave, reason in ((Guest.close, "ConnectionDone"), (Guest.reset, "ConnectionLost")):
        port.stopReading()
        guest = stage.connect(port)
        factory.learn(guest.socket.getsockname(), "the client")
        guest.send(b"abc")
        leave(guest)
        await stage.turns()
        port.startReading()
        await stage.turns()
        assert stage.kind == "loop" or f"lost {reason}" in stage.host
