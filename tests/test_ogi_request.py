"""What a module sees of a request."""

from .ogi_stage import OgiTestCase

SHOW = """
    async def ogimain(ogi):
        await ogi.persist()
        async for c in ogi:
            await c.json({
                "method": c.method, "path_info": c.path_info, "query": c.query, "args": c.args, "client": c.client,
                "headers": c.headers, "cookies": c.cookies, "all": c.args.all("a"),
            })
"""


class RequestTests(OgiTestCase):
    """Each property says what was sent."""

    modules = {"show": SHOW}

    def test_the_method(self) -> None:
        self.assertEqual(self.json("/ogi/show")["method"], "GET")
        self.assertEqual(self.json("/ogi/show", method=b"DELETE")["method"], "DELETE")
        self.assertEqual(self.json("/ogi/show", method=b"POST", body=b"x")["method"], "POST")

    def test_what_stands_behind_the_name(self) -> None:
        for path, seen in (
            ("/ogi/show", ""),
            ("/ogi/show/", "/"),
            ("/ogi/show/a/b", "/a/b"),
            ("/ogi/%73how/a", "/a"),
            ("/ogi/show/a%20b%3Fc%23", "/a b?c#"),
            ("/ogi/show/gr%C3%BCn", "/grün"),
            ("/ogi/show/%FF", "/\ufffd"),
            ("/ogi/show/a//b", "/a//b"),
            ("/ogi/show%2F..%2Fx", "/../x"),  # it is no path of ours: the module is not to use it as one
        ):
            self.assertEqual(self.json(path)["path_info"], seen, path)

    def test_the_query_is_one_text_decoded(self) -> None:
        for query, seen in (
            ("", ""),
            ("?", ""),
            ("?user@host", "user@host"),
            ("?a+b", "a b"),
            ("?a%2Bb", "a+b"),
            ("?%C3%BC&x=1", "ü&x=1"),
            ("?%FF", "\ufffd"),
            ("?%zz%", "%zz%"),
        ):
            self.assertEqual(self.json("/ogi/show" + query)["query"], seen, query)

    def test_the_fields_of_the_query(self) -> None:
        shown = self.json("/ogi/show?a=1&b=%C3%BC+x&a=2&empty=&bare&%FF=%FF")
        self.assertEqual(shown["args"], {"a": "2", "b": "ü x", "empty": "", "bare": "", "\ufffd": "\ufffd"})
        self.assertEqual(shown["all"], ["1", "2"])

    def test_more_fields_than_anybody_means_are_none(self) -> None:
        self.assertEqual(self.json("/ogi/show?" + "&".join(f"a{n}=1" for n in range(1001)))["args"], {})

    def test_header_fields_have_small_names(self) -> None:
        headers = self.json("/ogi/show", b"X-One: 1", b"X-ONE: 2", b"X-Odd: \xff")["headers"]
        self.assertEqual(headers, {"host": "a", "x-one": "1, 2", "x-odd": "\xff"})

    def test_cookies(self) -> None:
        cookies = self.json("/ogi/show", b'Cookie: a=1; b="two"; a=3; c=%20x; odd; =y', b"Cookie: d=4")["cookies"]
        self.assertEqual(cookies, {"a": "1", "b": "two", "c": " x", "d": "4", "": "y"})

    def test_the_clients_address(self) -> None:
        client = self.connect(host="192.0.2.77")
        self.assertIn(b"192.0.2.77", self.ask("/ogi/show", client=client).answer().body)


class NameTests(OgiTestCase):
    """Which paths are those of modules."""

    modules = {"show": SHOW, "Upper": SHOW, "with.dot": SHOW, "__init__": SHOW, "a-b_2": SHOW}

    def test_a_module_that_is_not_there(self) -> None:
        for path in ("nothing", "Upper", "with.dot", "with", "__init__", "show.py", "..show", "%00", "a" * 65):
            self.assertIn(self.get("/ogi/" + path).status, (400, 404), path)
        self.assertEqual(self.figures()["faults"], 0)

    def test_a_name_with_all_that_a_name_may_have(self) -> None:
        self.assertEqual(self.get("/ogi/a-b_2").status, 200)

    def test_a_path_that_climbs_is_cut_off(self) -> None:
        client = self.ask("/ogi/../show")
        self.assertTrue(client.ended)
        self.assertEqual(client.sees(), b"")

    def test_the_prefix_without_its_slash_leads_to_it(self) -> None:
        answer = self.get("/ogi")
        self.assertEqual((answer.status, answer["location"]), (301, "/ogi/"))

    def test_the_page_of_all_modules(self) -> None:
        self.assertEqual(self.get("/ogi/show").status, 200)
        page = self.text("/ogi/")
        for text in ("a-b_2", "/ogi/show", "show.1: busy and accepting, 1 answers", "receive from the requests"):
            self.assertIn(text, page)
        self.assertNotIn("Upper", page)
        self.assertEqual(self.get("/ogi/", method=b"POST", body=b"").status, 405)
        self.assertEqual(self.get("/ogi/", method=b"HEAD").status, 200)
