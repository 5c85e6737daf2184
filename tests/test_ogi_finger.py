"""The finger module on a clock: a server that does not answer, and one that does not even take the connection."""

from pathlib import Path

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IHostnameResolver, IReactorPluggableNameResolver
from twisted.internet.testing import StringTransport
from zope.interface import alsoProvides, implementer

from .ogi_stage import OgiTestCase

FINGER = (Path(__file__).parent.parent / "ogi" / "finger.py").read_text()


@implementer(IHostnameResolver)
class Names:
    """Every name is this address."""

    def resolveHostName(self, receiver, hostName, portNumber=0, addressTypes=None, transportSemantics="TCP"):
        receiver.resolutionBegan(self)
        receiver.addressResolved(IPv4Address("TCP", "192.0.2.9", portNumber))
        receiver.resolutionComplete()
        return receiver


class PatienceTests(OgiTestCase):
    """Five seconds, and no more."""

    modules = {"finger": FINGER}

    def setUp(self) -> None:
        super().setUp()
        self.reactor.nameResolver = Names()
        alsoProvides(self.reactor, IReactorPluggableNameResolver)

    def test_nobody_takes_the_connection(self) -> None:
        client = self.ask("/ogi/finger?fred@localhost")
        self.assertEqual(self.reactor.tcpClients[0][:2], ("192.0.2.9", 79))
        self.wait(4.5)
        self.assertEqual(client.sees(), b"")
        self.wait(1)
        answer = client.answer()
        self.assertEqual((answer.status, b"did not answer within 5 seconds" in answer.body), (504, True))

    def test_nobody_answers(self) -> None:
        client = self.ask("/ogi/finger?fred@localhost")
        transport = StringTransport()
        self.reactor.tcpClients[0][2].buildProtocol(None).makeConnection(transport)
        self.reactor.pump()
        self.assertEqual(transport.value(), b"fred\r\n")
        self.wait(5.5)
        self.assertEqual(client.answer().status, 504)
        self.assertTrue(transport.disconnected)
        self.assertEqual((self.figures()["processes"], self.figures()["faults"]), (1, 0))
