"""What a module sees of the body of a request, and of a form."""

from .ogi_stage import OgiTestCase
from .sockets import request

FORM = """
    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            form = await c.form()
            files = {name: [f.filename, f.content_type, f.data.decode()] for name, f in form.files.items()}
            await c.json({"fields": form, "files": files, "body": (await c.body()).decode("latin-1")})
"""
TAKE = """
    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            ogi.fork(take(c))

    async def take(c):
        limit = c.args.get("limit")
        body = await c.body(int(limit) if limit else None)
        await c.text(f"{len(body)} {body[-3:].decode()}")
"""
URLENCODED = b"Content-Type: application/x-www-form-urlencoded"
MULTIPART = b"Content-Type: multipart/form-data; boundary=XX"
CHUNKED = b"Transfer-Encoding: chunked"


def part(name: str, data: str, *fields: str) -> str:
    return "\r\n".join(("--XX", f"Content-Disposition: form-data; name={name}", *fields, "", data, ""))


class FormTests(OgiTestCase):
    """A form is read before the module is bothered."""

    modules = {"form": FORM}
    ogi = {"form": 1000}

    def post(self, kind: bytes, body: bytes):
        return self.json("/ogi/form", kind, method=b"POST", body=body)

    def test_urlencoded(self) -> None:
        seen = self.post(URLENCODED, "a=1&b=x+%C3%BC&a=2&c=&ö=ß".encode())
        self.assertEqual(seen["fields"], {"a": "2", "b": "x ü", "c": "", "ö": "ß"})
        self.assertEqual(seen["body"].encode("latin-1").decode(), "a=1&b=x+%C3%BC&a=2&c=&ö=ß")

    def test_multipart(self) -> None:
        file = part("f; filename=../../x.txt", "content", "Content-Type: text/plain")
        seen = self.post(MULTIPART, (part("a", "1") + part("b", "ü\r\nx") + file + "--XX--\r\n").encode())
        self.assertEqual(seen["fields"], {"a": "1", "b": "ü\r\nx"})
        self.assertEqual(seen["files"]["f"][1:], ["text/plain", "content"])

    def test_chunked(self) -> None:
        client = self.ask("/ogi/form", URLENCODED, CHUNKED, method=b"POST")
        for byte in b"a=1&b=2":
            client.send(b"1\r\n%c\r\n" % byte)
            self.assertEqual(client.sees(), b"")
        self.assertIn(b'{"a":"1","b":"2"}', client.send(b"0\r\n\r\n").answer().body)

    def test_thousands_of_pieces_that_are_there_at_once(self) -> None:
        self.end()
        self.serve(form=100_000)
        client = self.connect()
        client.send(request(b"/ogi/form", URLENCODED, CHUNKED, method=b"POST") + b"1\r\na\r\n" * 5000 + b"0\r\n\r\n")
        self.assertEqual(client.answer().status, 200)

    def test_one_that_is_no_form(self) -> None:
        self.assertEqual(self.post(b"Content-Type: text/plain", b"a=1")["fields"], {})
        self.assertEqual(self.json("/ogi/form")["fields"], {})
        self.assertEqual(self.post(URLENCODED, b"")["fields"], {})

    def test_one_that_is_too_large(self) -> None:
        for fields in ((b"Content-Length: 1001",), (CHUNKED,)):
            client = self.ask("/ogi/form", URLENCODED, *fields, method=b"POST")
            if fields == (CHUNKED,):
                client.send(b"3E9\r\n" + b"a" * 1001)
            answer = client.answer()
            self.assertEqual((answer.status, answer["connection"]), (413, "close"))
        self.assertEqual(len(self.json("/ogi/form", URLENCODED, method=b"POST", body=b"a=" + b"x" * 998)["body"]), 1000)

    def test_malformed_ones(self) -> None:
        for kind, body in (
            (b"Content-Type: multipart/form-data", part("a", "1") + "--XX--"),  # no boundary
            (b'Content-Type: multipart/form-data; boundary="\xff"', "--\xff--"),
            (MULTIPART, "nothing of the kind"),
            (MULTIPART, part("a", "1")),  # no end
            (MULTIPART, "--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--\r\n"),  # no name
            (MULTIPART, "--XX\r\n\r\nx\r\n--XX--\r\n"),
        ):
            answer = self.get("/ogi/form", kind, method=b"POST", body=body.encode("latin-1"))
            self.assertEqual(answer.status, 400, body)
        self.assertEqual(self.figures()["faults"], 0)

    def test_one_with_more_fields_than_anybody_means(self) -> None:
        self.end()
        self.serve(form=100_000)
        for count, status in ((1000, 200), (1001, 400)):
            body = "&".join(f"a{n}=1" for n in range(count)).encode()
            self.assertEqual(self.get("/ogi/form", URLENCODED, method=b"POST", body=body).status, status)

    def test_a_client_that_leaves_in_the_middle_is_nobodys_fault(self) -> None:
        self.ask("/ogi/form", URLENCODED, b"Content-Length: 100", method=b"POST").send(b"a=").close()
        self.assertEqual(self.figures(), {**self.figures(), "faults": 0, "processes": 0})

    def test_a_form_that_comes_slowly_is_not_a_late_answer(self) -> None:
        self.end()
        self.serve(answer=5)
        client = self.ask("/ogi/form", URLENCODED, b"Content-Length: 400", method=b"POST")
        for _ in range(4):
            client.send(b"a" * 100)
            self.wait(3)
        self.assertEqual(client.answer().status, 200)


class BodyTests(OgiTestCase):
    """A body is read by the module."""

    modules = {"take": TAKE}
    sections = {"limits": {"body": 2000, "rate": 1}}
    ogi = {"answer": 10}

    def test_one_with_its_length_and_a_chunked_one(self) -> None:
        self.assertEqual(self.text("/ogi/take", method=b"POST", body=b"abcdef"), "6 def")
        client = self.ask("/ogi/take", CHUNKED, method=b"POST").send(b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
        self.assertEqual(client.answer().body, b"5 cde")
        self.assertEqual(self.text("/ogi/take"), "0 ")

    def test_one_larger_than_the_limit(self) -> None:
        self.assertEqual(self.text("/ogi/take?limit=6", method=b"POST", body=b"abcdef"), "6 def")
        answer = self.get("/ogi/take?limit=5", method=b"POST", body=b"abcdef")
        self.assertEqual((answer.status, answer["connection"]), (413, "close"))
        client = self.ask("/ogi/take", CHUNKED, method=b"POST").send(b"7D1\r\n" + b"a" * 2001)
        self.assertEqual(client.answer().status, 413)
        self.assertEqual(self.figures()["faults"], 0)

    def test_one_that_is_malformed(self) -> None:
        self.assertEqual(self.ask("/ogi/take", CHUNKED, method=b"POST").send(b"no\r\n").answer().status, 400)
        self.assertEqual(self.figures()["faults"], 0)

    def test_clients_that_leave_in_the_middle_are_nobodys_fault(self) -> None:
        for _ in range(10):
            self.ask("/ogi/take", b"Content-Length: 100", method=b"POST").send(b"abc").close()
        self.assertEqual(self.text("/ogi/take", method=b"POST", body=b"abc"), "3 abc")
        self.assertEqual(self.figures()["faults"], 0)

    def test_one_that_half_closes_in_the_middle_is_told(self) -> None:
        client = self.ask("/ogi/take", b"Content-Length: 100", method=b"POST").send(b"abc").finish()
        self.assertEqual(client.answer().status, 400)
        self.assertEqual(self.figures()["faults"], 0)

    def test_a_body_that_comes_slowly_is_not_a_late_answer(self) -> None:
        client = self.ask("/ogi/take", b"Content-Length: 1000", method=b"POST")
        for _ in range(10):
            self.wait(5)
            client.send(b"a" * 100)
        self.assertEqual(client.answer().body, b"1000 aaa")

    def test_expect_continue(self) -> None:
        client = self.ask("/ogi/take", b"Content-Length: 3", b"Expect: 100-continue", method=b"POST")
        self.assertEqual(client.sees(), b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertIn(b"3 abc", client.send(b"abc").sees())
