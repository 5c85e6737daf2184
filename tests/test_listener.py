"""Taking clients in: not too many, and none when there is no descriptor for them."""

import gc
import os
import resource

from twisted.internet.address import IPv6Address, UNIXAddress
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.testing import EventLoggingObserver, StringTransport
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from occwserv.frontend.reader import ClientReader

from .sockets import Client, Port, request
from .standstill import HELLO, FrontEndTestCase


class LimitTests(FrontEndTestCase):
    """How many clients there may be."""

    sections = {"limits": {"connections": 5, "per_client": 2}}

    def is_turned(self, client: Client) -> None:
        answer = client.answer()
        self.assertEqual((answer.status, answer["retry-after"], answer["connection"]), (503, "5", "close"))
        self.assertEqual(answer.body, b"")
        self.assertTrue(client.ended)

    def is_served(self, client: Client) -> None:
        self.assertEqual(client.send(request()).answer().body, b"hello")

    def test_so_many_from_one_address(self) -> None:
        first, second = self.connect(), self.connect()
        self.is_turned(self.connect())
        other = self.connect(host="192.0.2.2")
        for client in (first, second, other):
            self.is_served(client)
        first.close()
        self.is_served(self.connect())
        self.is_turned(self.connect())
        self.assertEqual(self.listener.figures(), {"open": 3, "accepted": 4, "refused": 2, "pauses": 0})

    def test_so_many_in_all(self) -> None:
        clients = [self.connect(host=f"192.0.2.{number}") for number in range(5)]
        for number in range(5, 9):
            self.is_turned(self.connect(host=f"192.0.2.{number}"))
        clients[3].close()
        self.is_served(self.connect(host="192.0.2.9"))
        self.assertEqual(self.listener.figures(), {"open": 5, "accepted": 6, "refused": 4, "pauses": 0})

    def test_one_that_is_turned_leaves_nothing_behind(self) -> None:
        self.connect()
        self.connect()
        for _ in range(50):
            self.is_turned(self.connect())
        self.assertEqual(self.listener.figures()["open"], 2)
        for client in self.clients:
            client.close()
        self.assertEqual(dict(self.listener._from), {})

    def test_one_that_is_turned_may_have_asked_already(self) -> None:
        self.connect()
        self.connect()
        self.is_turned(self.connect().send(request()))

    def test_however_clients_leave_they_are_counted_out_once(self) -> None:
        for way in ("closes", "is cut off", "is refused", "is dropped"):
            client = self.connect()
            if way == "is cut off":
                client.protocol.cut_off()
            elif way == "is refused":
                client.send(b"GARBAGE\r\n\r\n").answer()
            elif way == "is dropped":
                client.send(request(b"/a/../b"))
            client.close()
            self.assertEqual(self.listener.figures()["open"], 0, way)
        self.assertEqual(dict(self.listener._from), {})

    def test_addresses_of_other_kinds(self) -> None:
        for address, name in ((IPv6Address("TCP", "2001:db8::1", 1), "2001:db8::1"), (UNIXAddress(b"/s"), "unix")):
            protocols = [self.listener.buildProtocol(address) for _ in range(2)]
            transports = [StringTransport(), StringTransport()]
            for protocol, transport in zip(protocols, transports, strict=True):
                protocol.makeConnection(transport)
                self.assertEqual(protocol.address, name)
            turned, transport = self.listener.buildProtocol(address), StringTransport()
            turned.makeConnection(transport)
            self.assertIn(b"503", transport.value())
            self.assertTrue(transport.disconnecting)
            for protocol in protocols:
                protocol.connectionLost(Failure(ConnectionResetError()))

    def test_a_new_site_is_for_new_clients(self) -> None:
        old = self.connect()
        self.configure(limits={"connections": 1000, "requests": 1})
        new = self.connect()
        self.assertNotIn("connection", old.send(request()).answer())
        self.assertEqual(new.send(request()).answer()["connection"], "close")

    def test_it_is_a_factory(self) -> None:
        verifyObject(IProtocolFactory, self.listener)


class ForgottenTests(FrontEndTestCase):
    """Who has left is forgotten at once. Rings would pile up until the collector stops everybody to look for them."""

    def setUp(self) -> None:
        super().setUp()
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        self.others = self.readers()  # of tests before this one, if something holds them

    def readers(self) -> list[ClientReader]:
        """All there are."""
        return [each for each in gc.get_objects() if isinstance(each, ClientReader)]

    def test_nothing_of_a_client_waits_for_the_collector(self) -> None:
        for said in (b"", b"GET /half", request(), request(b"/nothing"), b"GARBAGE\r\n\r\n", request(b"/a/../b")):
            client = self.connect().send(said)
            client.close()
            client.transport.protocol = None  # Twisted's own ring: ours has none (`net/transport`)
            self.clients.clear()
            del client
            self.flushLoggedErrors(KeyError)  # `/nothing` has no resource here
            self.assertEqual([each for each in self.readers() if each not in self.others], [], said)


class DescriptorTests(FrontEndTestCase):
    """Accepting pauses when descriptors run short, and goes on when there are some again."""

    def setUp(self) -> None:
        super().setUp()
        probe = os.dup(0)
        os.close(probe)
        # The limit of this process is what it is; the reserve is chosen so that it begins a little above.
        reserve = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - (probe + 60)
        self.configure(limits={"descriptors": reserve})
        self.listener.ports += [Port(self.reactor, number, self.listener, "") for number in (80, 81)]
        self.events = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)

    @property
    def reading(self) -> list[bool]:
        return [port.reading for port in self.listener.ports]

    def fill(self) -> int:
        """Let clients come until accepting pauses; how many there were."""
        for number in range(1000):
            if not self.reading[0]:
                return number
            self.connect()
        raise AssertionError("it never paused")

    def said(self) -> list[str]:
        ours = [event for event in self.events if event["log_namespace"].startswith("occwserv.frontend")]
        return [event["log_level"].name for event in ours]

    def test_it_pauses_at_every_port_and_says_so_once(self) -> None:
        count = self.fill()
        self.assertEqual(self.reading, [False, False])
        self.assertGreater(count, 20)
        self.connect()
        self.connect()
        self.assertEqual(self.listener.figures(), {"open": count + 2, "accepted": count + 2, "refused": 0, "pauses": 1})
        self.assertEqual(self.said(), ["warn"])

    def test_those_who_are_here_are_served_on(self) -> None:
        self.fill()
        for client in self.clients:
            self.assertEqual(client.send(request()).answer().body, b"hello")

    def test_it_goes_on_when_there_are_descriptors_again(self) -> None:
        self.fill()
        self.listener.tick()
        self.assertEqual(self.reading, [False, False], "nothing has changed")
        for client in self.clients[:20]:
            client.close()
        self.assertEqual(self.reading, [False, False], "that is looked at in a tick")
        self.listener.tick()
        self.assertEqual(self.reading, [True, True])
        self.assertEqual(self.said(), ["warn", "info"])
        self.fill()
        self.assertEqual(self.listener.figures()["pauses"], 2)

    def test_one_client_that_leaves_is_not_enough(self) -> None:
        self.fill()
        self.clients[0].close()
        self.listener.tick()
        self.assertEqual(self.reading, [False, False])

    def test_a_port_that_was_closed_meanwhile_is_left_alone(self) -> None:
        self.fill()
        port = self.listener.ports.pop()
        port.stopListening()
        self.reactor.pump()
        for client in self.clients:
            client.close()
        self.listener.tick()
        self.assertEqual((self.reading, port.reading), ([True], False))

    def test_a_tick_without_need_does_nothing(self) -> None:
        self.listener.ports[0].stopReading()
        self.listener.tick()
        self.assertEqual(self.reading, [False, True])

    def test_looking_for_descriptors_leaves_none_open(self) -> None:
        self.fill()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            self.listener.tick()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class EndTests(FrontEndTestCase):
    """The end of all clients."""

    def setUp(self) -> None:
        super().setUp()
        self.emptied = 0

    def empty(self) -> None:
        self.emptied += 1

    def test_without_clients_it_is_empty_at_once(self) -> None:
        self.listener.when_empty(self.empty)
        self.assertEqual(self.emptied, 1)

    def test_with_clients_it_is_empty_when_the_last_has_left(self) -> None:
        clients = [self.connect() for _ in range(3)]
        self.listener.when_empty(self.empty)
        for client in clients:
            self.assertEqual(self.emptied, 0)
            client.close()
        self.assertEqual(self.emptied, 1)

    def test_that_is_told_once(self) -> None:
        self.listener.when_empty(self.empty)
        self.connect().close()
        self.connect().close()
        self.assertEqual(self.emptied, 1)

    def test_stopping_tells_how_many_are_left(self) -> None:
        self.assertEqual(self.listener.stop(idle=True), 0)
        clients = [self.connect(), self.connect().send(request(b"/later"))]
        self.assertEqual(self.listener.stop(idle=False), 2)
        self.listener.stop(idle=True)
        self.assertTrue(clients[0].ended)
        self.assertEqual(self.listener.stop(idle=True), 1)
        self.held.pop().reply(HELLO)
        self.assertEqual(clients[1].answer()["connection"], "close")
        self.assertTrue(clients[1].ended)
        clients[1].close()
        self.assertEqual(self.listener.stop(idle=True), 0)

    def test_stopping_reaches_the_clients_of_every_site(self) -> None:
        old = self.connect()
        self.configure()
        new = self.connect()
        self.listener.stop(idle=False)
        for client in (old, new):
            self.assertEqual(client.send(request()).answer()["connection"], "close")

    def test_aborting_ends_everybody_and_says_whom(self) -> None:
        events = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)
        clients = [self.connect(), self.connect().send(request(b"/later")), self.connect().send(b"GET")]
        self.listener.when_empty(self.empty)
        self.listener.abort()
        self.reactor.pump()
        self.assertTrue(all(client.ended for client in clients))
        self.assertEqual(self.emptied, 1)
        self.assertEqual(len([event for event in events if event.get("client") == "192.0.2.1"]), 3)
