"""The chat: on a clock, and in real browser windows, with scripts and without."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .chromium import Browser
from .ogi_stage import OgiTestCase
from .serving import Serving

CHAT = (Path(__file__).parent.parent / "ogi" / "chat.py").read_text()
LINES = "[...document.querySelectorAll('#log li')].map(e => e.textContent)"
FRAME = "document.querySelector('iframe')?.contentDocument?.body?.textContent"
FORM = b"Content-Type: application/x-www-form-urlencoded"


class ChatTests(OgiTestCase):
    """What the chat answers."""

    modules = {"chat": CHAT}

    def say(self, name: bytes, text: bytes):
        return self.get("/ogi/chat", FORM, method=b"POST", body=b"name=%b&text=%b" % (name, text))

    def test_what_is_said_is_escaped_everywhere(self) -> None:
        answer = self.say(b"%3Cb%3E%22", b"%3Cscript%3Ealert(1)%3C/script%3E")
        self.assertEqual((answer.status, answer["location"]), (303, "/ogi/chat"))
        cookie = answer["set-cookie"].split(";")[0].encode()
        for path in ("/ogi/chat", "/ogi/chat/log"):
            page = self.text(path, b"Cookie: " + cookie)
            self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", page)
            self.assertNotIn("<script>alert", page)
            self.assertNotIn("<b><b>", page)
        self.assertIn('value="&lt;b&gt;&quot;"', self.text("/ogi/chat", b"Cookie: " + cookie))

    def test_listeners_hear_what_is_said_and_how_many_they_are(self) -> None:
        first, second = self.ask("/ogi/chat/events"), self.ask("/ogi/chat/events")
        self.assertIn(b"event: here\ndata: 2\n\n", first.sees())
        self.say("Jürgen".encode(), b"a%0Ab")
        for client in (first, second):
            self.assertIn(b'id: 1\ndata: {"name": "J\\u00fcrgen", "text": "a b"}\n\n', client.sees())
        second.close()
        self.assertIn(b"event: here\ndata: 1\n\n", first.sees())

    def test_who_comes_again_hears_what_was_missed(self) -> None:
        for n in range(5):
            self.say(b"a", b"line%d" % n)
        seen = self.ask("/ogi/chat/events?last=1", b"Last-Event-ID: 3").sees()
        self.assertEqual([n for n in range(5) if b"line%d" % n in seen], [3, 4])
        self.end()
        self.serve()
        self.assertIn("line4", self.text("/ogi/chat"))
        self.assertIn(b"line4", self.ask("/ogi/chat/events", b"Last-Event-ID: 4").sees())

    def test_who_has_seen_no_number_hears_what_is_said_from_now_on(self) -> None:
        self.say(b"a", b"before")
        odd = [self.ask(f"/ogi/chat/events?last={last}") for last in ("%C2%B2", "9" * 5000, "-1", "x")]
        self.say(b"a", b"after")
        for client in odd:
            seen = client.sees()
            self.assertEqual((b"before" in seen, b"after" in seen), (False, True), seen)
        self.assertEqual(self.figures()["faults"], 0)

    def test_odd_requests(self) -> None:
        self.assertEqual(self.get("/ogi/chat/other").status, 404)
        self.assertEqual(self.say(b"", b"").status, 303)
        self.assertEqual(self.get("/ogi/chat", method=b"POST", body=b"no form").status, 303)
        self.say(b"x" * 100, b"y" * 1000)
        self.assertIn(f"<b>{'x' * 20}</b> {'y' * 500}<", self.text("/ogi/chat/log"))
        self.assertEqual(self.figures()["faults"], 0)


class WindowTests(Serving, SynchronousTestCase):
    """Real windows."""

    def setUp(self) -> None:
        folder = self.new_folder()
        self.browser = Browser(folder)
        self.addCleanup(self.browser.close)
        server = self.start("--root", ".", folder=folder)
        self.url = f"http://127.0.0.1:{server.port}/ogi/chat"
        self.server = server

    def say(self, window, name: str, text: str) -> None:
        window.type("#name", name)
        window.type("#text", text)
        window.press_enter()

    def test_two_windows_see_each_other(self) -> None:
        one = self.browser.window(self.url)
        one.until("state.textContent", "1 here")
        two = self.browser.window(self.url)
        for window in (one, two):
            window.until("state.textContent", "2 here")
        self.say(one, "Ada", "<i>good</i> morning")
        self.say(two, "Grace", "grün & more")
        for window in (one, two):
            window.until(LINES, ["Ada <i>good</i> morning", "Grace grün & more"])
            self.assertEqual(window.ask("document.querySelectorAll('#log i').length"), 0)
        self.assertEqual(one.ask("text.value"), "")
        one.tell("Page.navigate", url="about:blank")
        two.until("state.textContent", "1 here")
        one.go(self.url)
        one.until(LINES, ["Ada <i>good</i> morning", "Grace grün & more"])
        self.assertEqual(one.ask("document.getElementById('name').value"), "Ada")

    def test_a_feed_that_got_an_error_page_comes_again(self) -> None:
        window = self.browser.window(self.url)
        window.until("state.textContent", "1 here")
        window.ask("feed.close(), feed.onerror()")  # what a browser does then
        self.assertEqual(window.ask("state.textContent"), "not connected; trying again")
        window.until("state.textContent", "1 here")
        self.say(window, "Ada", "back")
        window.until(LINES, ["Ada back"])

    def test_a_window_without_scripts(self) -> None:
        with_scripts = self.browser.window(self.url)
        without = self.browser.window(self.url, scripts=False)
        self.assertEqual(without.ask("getComputedStyle(document.getElementById('log')).display"), "none")
        self.say(without, "Plain", "no <scripts>")
        with_scripts.until(LINES, ["Plain no <scripts>"])
        without.until(f"{FRAME}?.includes('Plain no <scripts>')", True)
        self.say(with_scripts, "Ada", "seen in the frame")
        without.until(f"{FRAME}?.includes('seen in the frame')", True)  # it refreshes itself
        self.assertEqual(without.ask("document.getElementById('name').value"), "Plain")

    def test_what_was_not_taken_is_still_there_to_be_said(self) -> None:
        window = self.browser.window(self.url)
        window.until("state.textContent", "1 here")
        window.tell("Network.enable")
        window.tell("Network.setBlockedURLs", urls=[self.url])
        self.say(window, "Ada", "is anybody here?")
        window.until("state.textContent", "that was not taken: the server can not be reached")
        self.assertEqual(window.ask("text.value"), "is anybody here?")
