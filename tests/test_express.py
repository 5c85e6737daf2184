"""The express way of whole answers against the plain way: the same bytes, the same line in the log, the same counts.

An answer in one piece may take the express way; the same in two pieces never does.
"""

from collections import Counter

from occwserv.connection import Connection, Misuse
from occwserv.http.answer import Answer

from .sockets import request
from .standstill import FrontEndTestCase

FIELDS = ((b"Content-Type", b"text/plain"), (b"X-Field", b"value"))
REQUESTS = [
    request(b"/page", *fields, method=method, minor=minor, body=body)
    for method in (b"GET", b"HEAD", b"POST")
    for minor in (0, 1)
    for fields in ((), (b"Connection: close",), (b"Connection: keep-alive",), (b"User-Agent: a b", b"Referer: /c"))
    for body in (None, b"body")
]
STATUSES = (200, 201, 204, 304, 404, 500)


class ExpressTests(FrontEndTestCase):
    """Both ways."""

    def both(self, requests: list[bytes], status: int, fields: tuple = FIELDS, later: bool = False) -> None:
        """Ask for the same both ways, and compare all that comes of it."""
        outcomes = []
        for parts in ((b"hello",), (b"hel", b"lo")):
            held: list[Connection] = []
            answer = Answer(status, fields, parts)
            self.serve(b"/page", held.append if later else lambda connection, it=answer: connection.reply(it))
            before, logged = self.counts(), len(self.lines)
            client = self.connect()
            client.send(b"".join(requests))
            while held:
                held.pop(0).reply(answer)
                self.reactor.pump()
            seen = client.sees()
            client.close()
            self.reactor.pump()
            outcomes.append((seen, self.lines[logged:], self.counts() - before))
        self.assertEqual(*outcomes)

    def counts(self) -> Counter:
        """All that was counted, but for the time that it took."""
        stats = self.stats
        names = ("requests", "lost", "twice", "crashed")
        singles = {name: getattr(stats, name) for name in names} | self.listener.traffic()
        return Counter({**singles, **stats.answers, **{f"by {name}": n for name, n in stats.holders.items()}})

    def test_all_kinds_of_requests_and_answers(self) -> None:
        for head in REQUESTS:
            for status in STATUSES:
                self.both([head], status)

    def test_several_on_one_connection(self) -> None:
        page = request(b"/page")
        self.both([page, page, request(b"/page", method=b"HEAD"), page], 200)
        self.both([page * 5], 200)
        self.both([page, request(b"/page", b"Connection: close"), page], 200)

    def test_answered_later(self) -> None:
        page = request(b"/page")
        self.both([page], 200, later=True)
        self.both([page, page * 2], 200, later=True)

    def test_the_last_request_that_a_connection_may_make(self) -> None:
        self.configure(limits={"requests": 2})
        self.both([request(b"/page")] * 3, 200)

    def test_a_field_that_breaks_out_is_refused_and_the_client_is_answered(self) -> None:
        self.both([request(b"/page")], 200, ((b"X", b"a\r\nY: b"),))
        self.assertEqual((self.stats.crashed, len(self.flushLoggedErrors(ValueError))), (2, 2))

    def test_to_answer_twice_is_told(self) -> None:
        caught: list[Misuse] = []

        def twice(connection: Connection) -> None:
            connection.reply(Answer(200, (), (b"once",)))
            try:
                connection.reply(Answer(200, (), (b"twice",)))
            except Misuse as error:
                caught.append(error)

        self.serve(b"/twice", twice)
        client = self.connect().send(request(b"/twice"))
        self.assertEqual(client.answer().body, b"once")
        self.assertIn("test_express.py:", str(caught[0]))
        self.assertEqual(self.stats.twice, 1)
        self.flushLoggedErrors(Misuse)
