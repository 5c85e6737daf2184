"""The adventure in a browser: live with scripts (server-sent events); without, a page that refreshes itself.

`POST` with `name` (and `password`) enters, `POST` with `command` plays a line, `GET` shows what happened since the last
request, and `GET .../events` is the live feed. The world itself is the package `adventure`.
"""

import json
from html import escape

from twisted.internet.task import deferLater

from adventure.game import game_of
from adventure.seats import Refused
from occwserv.csp import OverwritingBuffer, running

PACES = ("off", "10", "30", "60")  # seconds between two refreshes of the page without scripts
PACE = "30"
AGAIN = 1  # second until a world that can not be entered is asked for again
REPLAYED = 60  # lines that a page with scripts begins with

STYLE = """
:root { color-scheme: light dark; font: 1.05rem/1.55 system-ui, sans-serif; --soft: #6b5b3e; --line: #8886 }
@media (prefers-color-scheme: dark) { :root { --soft: #d9c08a } }
body { max-width: 44rem; margin: 0 auto; padding: .8rem 1rem; min-height: 100dvh; box-sizing: border-box; display: flex;
       flex-direction: column; gap: .6rem }
h1 { margin: 0; font: 600 1.35rem/1.2 Georgia, serif }
#log { list-style: none; margin: 0; padding: .4rem .8rem; flex: 1 1 16rem; overflow-y: auto; overflow-wrap: anywhere;
       border: 1px solid var(--line); border-radius: .5rem }
.live #log { max-height: 60dvh }
#log:focus-visible, input:focus-visible, button:focus-visible { outline: 2px solid; outline-offset: 1px }
li.room { font: 600 1.1rem Georgia, serif; margin-top: .7rem }
li.typed { margin-top: .7rem }
li.typed + li.room { margin-top: 0 }
li.typed, li.ways, li.things, li.people, #state, .soft { color: var(--soft) }
li.goal, li.score { font-weight: 600 }
[role=alert]:empty { display: none }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }
form[hidden] { display: none }
input, button, select { font: inherit; padding: .45rem .6rem }
#command { flex: 1; min-width: 11rem }
#state { margin: 0; font-size: .9rem }
"""

ENTRY = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(world)s</title><style>%(style)s</style></head><body>
<h1>%(world)s</h1>
<p>%(welcome)s</p>
<p role="alert">%(problem)s</p>
<form method="post" action="%(place)s">
<label>Your name<br><input name="name" maxlength="20" required autofocus autocomplete="username"
 value="%(name)s"></label>
<label>Password, if the name has one<br><input name="password" type="password" autocomplete="current-password"></label>
<button>Enter</button>
</form>
<p class="soft">A new name needs no password. Inside, <kbd>password</kbd> followed by a word protects it.</p>
<details><summary>You play at another door already?</summary>
<p>Write <kbd>code</kbd> there, and what it tells you here: you are the same at both.</p>
<form method="post" action="%(place)s">
<label>Code<br><input name="code" maxlength="11" size="11" required autocomplete="off"
 autocapitalize="characters"></label>
<button>Enter</button>
</form></details>
</body></html>
"""

SHUT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The adventure</title><style>%(style)s</style></head><body>
<h1>The adventure</h1>
<p role="alert">%(problem)s</p>
<p><a href="%(place)s">Try again</a></p>
</body></html>
"""

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>%(world)s</title><style>%(style)s</style>%(refresh)s</head><body>
<h1>%(room)s</h1>
<noscript>%(here)s<h2>What happened</h2></noscript>
<ol id="log" role="log" aria-label="What happens" tabindex="0">%(lines)s</ol>
<p id="state" role="status" data-name="%(name)s">%(name)s</p>
<form id="play" method="post" action="%(place)s">
<input id="command" name="command" maxlength="500" aria-label="What you do"
 placeholder="look, go north, say hello, help"
 autocomplete="off" autocapitalize="none" enterkeyhint="send" autofocus>
<button>Do it</button>
</form>
<details><summary>Map of where you have been</summary><ul id="map">%(map)s</ul></details>
<noscript><form method="post" action="%(place)s"><label>Refresh every
<select name="pace">%(paces)s</select> seconds</label> <button>Set</button></form></noscript>
<script>
const log = document.getElementById("log"), state = document.getElementById("state");
const form = document.getElementById("play"), command = document.getElementById("command");
const map = document.getElementById("map"), title = document.querySelector("h1"), done = [];
let back = 0, room = null;
document.body.classList.add("live");
log.textContent = "";
const feed = new EventSource("%(place)s/events?last=%(last)s");
feed.onmessage = event => {
  const line = JSON.parse(event.data), item = document.createElement("li");
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  item.textContent = line.text; item.className = line.kind;
  if (line.kind == "typed") item.setAttribute("aria-live", "off");  // who typed it need not be told
  log.append(item);
  while (log.childElementCount > 500) log.firstElementChild.remove();
  if (near) log.scrollTop = log.scrollHeight;
  if (line.kind == "room") { title.textContent = line.text; room = line }
  if (line.kind == "ways" && room) {
    let known = [...map.children].find(each => each.dataset.key == room.who);
    if (!known) { known = document.createElement("li"); known.dataset.key = room.who; map.append(known) }
    known.textContent = room.text + ". " + line.text;
  }
  if (line.kind == "over") { feed.close(); form.hidden = true; state.textContent = "You have left. "; addAgain() }
};
function addAgain() {
  const link = document.createElement("a"); link.href = "%(place)s"; link.textContent = "Come back"; state.append(link);
}
feed.addEventListener("missed", event => { state.textContent = event.data + " lines missed" });
feed.onopen = () => { state.textContent = state.dataset.name };
feed.onerror = () => {
  state.textContent = feed.readyState == 2 ? "You are not in the world any more. " : "The link was lost; trying again";
  if (feed.readyState == 2) { form.hidden = true; addAgain() }
};
form.addEventListener("submit", async event => {
  event.preventDefault();
  const said = command.value;
  if (!said.trim()) return;
  done.push(said); back = done.length; command.value = ""; log.scrollTop = log.scrollHeight;
  try {
    const answer = await fetch("%(place)s", {method: "POST", body: new URLSearchParams({command: said}),
                                             redirect: "manual"});
    if (answer.status >= 400) state.textContent = "That was not taken: " + answer.status;
  } catch { state.textContent = "That did not get through"; command.value = said }
});
command.addEventListener("keydown", event => {
  const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
  if (step && done.length) {
    event.preventDefault();
    back = Math.min(Math.max(back + step, 0), done.length);
    command.value = done[back] ?? "";
  }
});
addEventListener("pagehide", () => feed.close());
addEventListener("pageshow", event => { if (event.persisted) location.reload() });
</script>
</body></html>
"""


async def ogimain(ogi):
    await ogi.persist()
    door = Door(ogi)
    ended_well = False
    try:
        await door.open()
        async for connection in ogi:
            await door.open()
            ogi.fork(door.meet(connection) if door.game else door.refuse(connection), "visitor")
        ended_well = True
    finally:
        door.leave(ended_well)


class Door:
    """The web's door to the world."""

    def __init__(self, ogi):
        self.ogi, self.place = ogi, f"/ogi/{ogi.name}"
        self.game, self.visits = None, None
        self.shut, self.tried = "", -AGAIN

    async def open(self):
        """Ask for the game, if there is none yet; if it can not be had, again after a while."""
        now = self.ogi.reactor.seconds()
        if self.game is None and now - self.tried >= AGAIN:
            self.tried = now
            # A large world takes longer than a module may run without yielding, so that the reactor has it made.
            await deferLater(self.ogi.reactor, 0, self.ask, running.process.scheduler)

    def ask(self, scheduler):
        try:
            self.game = game_of(scheduler, self.ogi.options, self.ogi.reactor, self.ogi.log)
            self.visits = self.game.visits
        except Refused as refused:
            self.shut = str(refused)

    async def refuse(self, connection):
        page = SHUT % {"style": STYLE, "problem": escape(self.shut), "place": self.place}
        again = ("Retry-After", str(AGAIN)), ("Cache-Control", "no-store")
        await connection.reply(503, [("Content-Type", "text/html; charset=utf-8"), *again], page)

    def leave(self, ended_well):
        """This instance ends. The world does, too, unless another one goes on with it, which may begin a bit later."""
        if self.game is not None:
            self.game.let_go(1 if ended_well else 10)

    async def meet(self, connection):
        visit = self.visits.of(connection.session)
        if connection.path_info == "/events":
            await (self.listen(connection, visit) if visit else connection.text("nobody has entered\n", 403))
        elif connection.path_info:
            await connection.text("there is nothing here\n", 404)
        elif connection.method == "POST":
            await self.act(connection, visit)
        elif visit is None or (visit.over and visit.shown == visit.last):
            await self.entry(connection)
        else:
            await self.page(connection, visit)

    async def act(self, connection, visit):
        form = await connection.form()
        if form.get("pace") in PACES:
            connection.set_cookie("adventure-pace", form["pace"], path=self.place)
        if (visit is None or visit.over) and ("name" in form or "code" in form):
            name, code = form.get("name", "").strip(), form.get("code", "").strip().lower().removeprefix("link ")
            try:
                await self.visits.enter(connection.session, name, form.get("password", ""), code, connection.client)
            except Refused as refused:
                await self.entry(connection, str(refused), name, 403)
                return
        elif visit is not None and "command" in form:
            await visit.play(form["command"])
        elif visit is None:
            await self.entry(connection, "Please enter first.", status=403)
            return
        await connection.redirect(self.place)

    async def entry(self, connection, problem="", name="", status=200):
        plan = self.game.plan
        said = {"world": plan.name, "welcome": plan.welcome, "problem": problem, "name": name[:40]}
        parts = {key: escape(text, quote=True) for key, text in said.items()}
        await connection.html(ENTRY % {**parts, "style": STYLE, "place": self.place}, status)

    async def page(self, connection, visit):
        pace = connection.cookies.get("adventure-pace", PACE)
        pace = pace if pace in PACES and not visit.over else "off"
        last = max(visit.last - REPLAYED, 0)
        refresh = f'<noscript><meta http-equiv="refresh" content="{pace}"></noscript>' if pace != "off" else ""
        paces = "".join(f"<option{' selected' if each == pace else ''}>{each}</option>" for each in PACES)
        # The room stands above the log where the page has no scripts; else the log is filled by the feed.
        news = [heard for heard in visit.news() if not any(heard is each for each in visit.room)]
        rooms = "".join(
            f'<li data-key="{escape(key, quote=True)}">{escape(name)}. {escape(ways)}</li>'
            for key, (name, ways) in visit.map.items()
        )
        await connection.html(PAGE % {
            "world": escape(self.game.plan.name), "style": STYLE, "refresh": refresh, "place": self.place,
            "paces": paces, "room": escape(visit.room[0].text if visit.room else self.game.plan.name),
            "name": escape(visit.seat.name, quote=True),
            "here": "".join(f'<p class="{escape(heard.kind)}">{escape(heard.text)}</p>' for heard in visit.room[1:]),
            "lines": "".join(self.item(heard) for heard in news), "map": rooms, "last": last,
        })  # fmt: skip

    def item(self, heard):
        return f'<li class="{escape(heard.kind, quote=True)}">{escape(heard.text)}</li>'

    async def listen(self, connection, visit):
        bell = OverwritingBuffer(1)
        asked = connection.args.get("last", "0")
        connection.when_gone(bell.close)
        async with connection.events() as feed:
            seen = feed.last_event_id or asked
            last = min(int(seen), visit.last) if seen.isdecimal() and len(seen) < 10 else 0
            visit.bells.add(bell)
            visit.sign_of_life()
            bell.send_now(None)
            try:
                async for _ in bell:
                    news = list(visit.since(last))
                    if news:
                        await feed.send_all([(json.dumps(heard._asdict()), str(number)) for number, heard in news])
                        last = news[-1][0]
                    if visit.over:
                        break
            finally:
                visit.bells.discard(bell)
                visit.sign_of_life()
