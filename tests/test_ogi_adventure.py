"""The adventure's web door: on a clock, and in real browser windows, with scripts and without."""

import json
import re
import signal
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .chromium import Browser
from .ogi_stage import OgiTestCase
from .serving import Serving
from .standstill import GAME

DOOR = (Path(__file__).parent.parent / "ogi" / "adventure.py").read_text()
FORM = b"Content-Type: application/x-www-form-urlencoded"
PLACE = "/ogi/adventure"


class DoorTests(OgiTestCase):
    """What the door answers."""

    modules = {"adventure": DOOR}

    def post(self, body: bytes, cookie: bytes = b""):
        fields = (FORM, b"Cookie: " + cookie) if cookie else (FORM,)
        return self.get(PLACE, *fields, method=b"POST", body=body)

    def enter(self, name: bytes) -> bytes:
        """Enter; the cookie."""
        answer = self.post(b"name=" + name)
        self.assertEqual((answer.status, answer["location"]), (303, PLACE))
        return answer["set-cookie"].split(";")[0].encode()

    def shown(self, cookie: bytes) -> str:
        return self.text(PLACE, b"Cookie: " + cookie)

    def log_of(self, page: str) -> str:
        return page.partition('role="log"')[2].partition("</ol>")[0]

    def test_enter_play_and_see(self) -> None:
        self.assertIn('name="name"', self.text(PLACE))
        ada = self.enter(b"Ada")
        self.assertIn("Welcome to Saltmarrow", self.log_of(self.shown(ada)))
        self.assertEqual(self.post(b"command=north", ada).status, 303)
        page = self.shown(ada)
        self.assertIn("<h1>Bell Square</h1>", page)
        self.assertNotIn("Welcome to Saltmarrow", self.log_of(page))
        self.assertIn("The Stone Quay", page.partition('id="map"')[2])
        self.assertNotIn("Bell Square", self.log_of(self.shown(ada)))

    def test_what_was_typed_stands_above_its_answer_but_for_passwords(self) -> None:
        ada, ben = self.enter(b"Ada"), self.enter(b"Ben")
        for line in (b"say+one", b"", b"+", b"password+hush", b"PASSWD++hush", b"%3Cb%3E"):
            self.post(b"command=" + line, ada)
        typed = re.findall(r'<li class="typed">(.*?)</li><li class="(.*?)">(.*?)</li>', self.log_of(self.shown(ada)))
        self.assertEqual([line for line, _, _ in typed], [
            "&gt; say one", "&gt; password ...", "&gt; PASSWD ...", "&gt; &lt;b&gt;",
        ])  # fmt: skip
        self.assertEqual(typed[0][1:], ("said", "You say, &quot;one&quot;"))
        self.assertNotIn("typed", self.log_of(self.shown(ben)))

    def test_nobody_can_put_markup_into_anothers_page(self) -> None:
        ada, ben = self.enter(b"Ada"), self.enter(b"Ben")
        feed = self.ask(PLACE + "/events", b"Cookie: " + ben)
        for line in (b"say", b"emote", b"shout", b"whisper+ben", b"tell+ben"):
            self.post(b"command=" + line + b"+%3Cscript%3Ealert(1)%3C/script%3E%0Adata:x", ada)
        page = self.shown(ben)
        self.assertEqual(page.count("&lt;script&gt;alert(1)&lt;/script&gt; data:x"), 5)
        self.assertNotIn("<script>alert", page)
        self.assertNotIn(b"\ndata: x", feed.sees())
        answer = self.post(b"name=%3Cb%3E%22")
        self.assertEqual(answer.status, 403)
        self.assertIn(b'value="&lt;b&gt;&quot;"', answer.body)

    def test_the_feed_is_live_and_goes_on_where_it_was(self) -> None:
        ada, ben = self.enter(b"Ada"), self.enter(b"Ben")
        first = self.ask(PLACE + "/events", b"Cookie: " + ada)
        self.assertIn(b"The Stone Quay", first.sees())
        self.post(b"command=say+one", ben)
        seen = first.sees()
        self.assertIn(b'"text": "Ben says, \\"one\\"", "who": "Ben"}', seen)
        last = seen.split(b"id: ")[-1].split(b"\n")[0]
        first.close()
        self.post(b"command=say+two", ben)
        again = self.ask(PLACE + "/events", b"Cookie: " + ada, b"Last-Event-ID: " + last).sees()
        self.assertIn(b"two", again)
        self.assertNotIn(b'Ben says, \\"one', again)
        self.assertEqual(self.get(PLACE + "/events").status, 403)

    def test_what_was_forgotten_is_told_of(self) -> None:
        ada = self.enter(b"Ada")
        for _ in range(70):
            self.post(b"command=look", ada)
            self.wait(1)
        seen = self.ask(PLACE + "/events", b"Cookie: " + ada, b"Last-Event-ID: 1").sees()
        self.assertRegex(seen, rb"\(\d+ lines missed\)")
        self.assertIn("lines missed", self.shown(ada))

    def test_the_pace_is_the_players(self) -> None:
        ada = self.enter(b"Ada")
        self.assertIn('<noscript><meta http-equiv="refresh" content="30"></noscript>', self.shown(ada))
        for pace, shown in ((b"10", 'content="10"'), (b"60", 'content="60"')):
            set_cookie = self.post(b"pace=" + pace, ada)["set-cookie"].split(";")[0].encode()
            self.assertIn(shown, self.shown(ada + b"; " + set_cookie))
        self.assertNotIn("http-equiv", self.shown(ada + b"; adventure-pace=off"))

    def test_who_is_silent_is_away_and_then_leaves(self) -> None:
        ada, ben = self.enter(b"Ada"), self.enter(b"Ben")
        self.wait(60)
        self.shown(ben)
        self.wait(45)
        self.assertIn("Ada stares into space.", self.shown(ben))
        self.shown(ada)
        self.wait(6)
        self.assertIn("Ada is back.", self.shown(ben))
        for _ in range(12):
            self.wait(60)
            page = self.shown(ben)
        self.post(b"command=who", ben)
        self.assertIn("1 plays: Ben.", self.shown(ben))
        self.assertIn("Good-bye", self.shown(ada))
        self.assertIn('name="name"', self.shown(ada))
        self.assertNotIn("Ada stares", page)

    def test_a_name_with_a_password_is_taken_over_by_who_knows_it(self) -> None:
        ada = self.enter(b"Ada")
        self.post(b"command=password+secret1", ada)
        self.assertIn(b"has a password", self.post(b"name=ada").body)
        other = self.enter(b"ada&password=secret1")
        self.assertIn('id="command"', self.shown(other))
        self.assertIn('name="name"', self.shown(ada))

    def test_a_code_makes_two_windows_one_character(self) -> None:
        ada = self.enter(b"Ada")
        self.post(b"command=code", ada)
        code = self.shown(ada).partition("Write `link ")[2][:6].encode()
        answer = self.post(b"code=" + code)
        other = answer["set-cookie"].split(";")[0].encode()
        self.post(b"command=say+it+is+me", other)
        for cookie in (ada, other):
            self.assertIn("it is me", self.shown(cookie))
        self.assertIn(b"That code is not good", self.post(b"code=" + code).body)

    def test_players_stay_when_the_door_is_loaded_anew(self) -> None:
        cookies = [self.enter(b"Player%s" % name) for name in (b"one", b"two", b"three")]
        feed = self.ask(PLACE + "/events", b"Cookie: " + cookies[0])
        for number in range(5):
            self.write("adventure", DOOR + f"\n# {number}\n")
            self.look()
            self.post(b"command=say+hello%d" % number, cookies[1])
            self.assertIn(b"hello%d" % number, feed.sees())
        self.post(b"command=who", cookies[2])
        self.assertIn("3 play", self.shown(cookies[2]))
        self.assertEqual(self.figures()["faults"], 0)

    def test_the_world_may_take_longer_to_make_than_a_module_may_run(self) -> None:
        self.text(PLACE)
        lives = {process.name: process for process in self.farm.scheduler.processes}
        self.assertEqual([self.farm._is_ours(lives[name]) for name in ("adventure.1", "hall")], [True, False])

    def test_odd_requests(self) -> None:
        self.assertEqual(self.get(PLACE + "/x").status, 404)
        self.assertEqual(self.post(b"command=look").status, 403)
        self.assertEqual(self.post(b"").status, 403)
        ada = self.enter(b"Ada")
        for body in (b"", b"command=", b"pace=99", b"command=%00%ff%fe", b"name=Ben", b"command=" + b"x" * 9000):
            self.assertEqual(self.post(body, ada).status, 303)
        self.post(b"command=quit", ada)
        self.assertIn("Good-bye", self.shown(ada))
        self.assertEqual(self.figures()["faults"], 0)


class ShutTests(OgiTestCase):
    """A world that can not be entered."""

    modules = {"adventure": DOOR}

    def chosen(self, **ogi):
        self.sections = {"adventure": {**GAME, "save": str(self.folder / "kept" / "world.sqlite")}}
        return super().chosen(**ogi)

    def test_it_is_told_so_until_it_can(self) -> None:
        (self.folder / "kept").write_text("no folder")
        for method, body in ((b"GET", b""), (b"POST", b"name=Ada")):
            answer = self.get(PLACE, FORM, method=method, body=body)
            self.assertEqual((answer.status, answer["retry-after"]), (503, "1"))
            self.assertIn(b"The world can not be entered now; the server&#x27;s log tells why.", answer.body)
        self.assertEqual(self.said().count("the world can not be entered: "), 1)
        self.assertEqual(self.figures()["faults"], 0)
        (self.folder / "kept").unlink()
        self.wait(1)
        self.assertIn('name="name"', self.text(PLACE))


NEAR = """
name: Near
welcome: All is near.
start: quay
rooms:
  quay: {name: the Stone Quay, text: A quay.,
    exits: {north: tower, south: light, east: mill, down: {to: deep, door: gate}}}
  tower: {name: the Tower, text: A tower., exits: {south: quay}, things: [rope]}
  light: {name: the Light, text: A light., exits: {north: quay}, things: [crank]}
  mill: {name: the Mill, text: A mill., exits: {west: quay}, things: [wheel]}
  deep: {name: the Deep, text: A hall., exits: {up: {to: quay, door: gate}}, things: [clock]}
things:
  rope: {name: a rope, fixed: true, device: lock}
  crank: {name: a crank, fixed: true, device: lock}
  wheel: {name: a wheel, fixed: true, device: lock}
  clock: {name: a clock, fixed: true, device: finale}
doors:
  gate: {name: the gate, mode: locked, closes: 300}
machines:
  lock: {kind: levers, name: the lock, levers: [rope, crank, wheel], door: gate, text: "NAMES: the gate opens."}
  finale: {kind: finale, name: the clock, needs: 3, points: 100, alone: Not alone., text: The clock goes.}
"""
LOG = "[...document.querySelectorAll('#log li')].map(e => e.textContent).join('|')"


class WindowTests(Serving, SynchronousTestCase):
    """Real windows."""

    def setUp(self) -> None:
        folder = self.new_folder()
        self.browser = Browser(folder)
        self.addCleanup(self.browser.close)
        modules = folder / "ogi"
        modules.mkdir()
        (modules / "adventure.py").write_text(DOOR)
        (folder / "world.yaml").write_text(NEAR)
        options = json.dumps({"adventure": {"world": str(folder / "world.yaml")}})
        self.options = "--root", ".", "--set", f"ogi.root={modules}", "--set", f"ogi.options={options}"
        self.folder = folder
        server = self.start(*self.options, folder=folder)
        self.url = f"http://127.0.0.1:{server.port}{PLACE}"
        self.server = server

    def enter(self, name: str, scripts: bool = True):
        window = self.browser.window(self.url, scripts=scripts)
        window.type("[name=name]", name)
        window.press_enter()
        window.until("document.querySelector('h1')?.textContent", "The Stone Quay")
        return window

    def go(self, window, *lines: str) -> None:
        for line in lines:
            window.type("#command", line)
            with_scripts = window.ask("document.body.className") == "live"
            window.ask("window.before = true")
            window.press_enter()
            if with_scripts:
                window.until("command.value", "")
            else:  # a new page
                window.until("!window.before && document.readyState == 'complete'", True)

    def hears(self, window, text: str) -> None:
        window.until(f"{LOG}.includes({text!r})", True)

    def test_a_server_that_was_killed_and_is_there_again(self) -> None:
        ada = self.enter("Ada")
        self.server.stop(signal.SIGKILL)
        ada.until("state.textContent", "The link was lost; trying again")
        self.start(*self.options, folder=self.folder, listen=f"tcp:{self.server.port}:interface=127.0.0.1")
        ada.until("state.textContent", "You are not in the world any more. Come back")
        self.assertEqual(ada.ask("[form.hidden, state.querySelector('a').href]"), [True, self.url])

    def test_three_windows_and_one_without_scripts_reach_the_goal(self) -> None:
        ada, ben, cy = (self.enter(name) for name in ("Ada", "Ben", "Cy"))
        plain = self.enter("Plain", scripts=False)
        self.go(ada, "n", "pull rope")
        self.hears(ada, "2 more")
        self.hears(ada, "|> pull rope|")
        self.go(ben, "s", "turn crank")
        self.hears(ben, "1 more")
        self.go(plain, "shout now!")
        self.hears(cy, 'Plain shouts, "now!"')
        self.go(cy, "e", "turn wheel")
        for window in (ada, ben, cy):
            self.hears(window, "Ada, Ben and Cy: the gate opens.")
        self.go(ada, "s")
        self.go(ben, "n")
        self.go(cy, "w")
        self.go(ada, "down")
        self.go(ada, "use clock")
        self.hears(ada, "Not alone.")
        for window in (ben, cy, plain):
            self.go(window, "down")
        self.hears(ada, "Cy arrives.")
        self.hears(ada, "Plain arrives.")
        self.go(plain, "use clock")
        for window in (ada, ben, cy):
            self.hears(window, "The clock goes.|You have 100 points more.")
        plain.until("document.body.textContent.includes('You have 100 points more.')", True)
        self.assertEqual(ada.ask("document.getElementById('log').getAttribute('role')"), "log")
        self.assertEqual(ada.ask("document.querySelectorAll('#map li').length"), 3)
