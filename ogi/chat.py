"""A chat for many browsers: live with scripts (server-sent events), and by a frame that refreshes itself without."""

import json
from collections import deque
from html import escape
from urllib.parse import quote

MOST = 500  # characters of a line
KEPT = 100  # lines that a newcomer sees

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chat</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; --name: #9a3412 }
@media (prefers-color-scheme: dark) { :root { --name: #fdba74 } }
body { max-width: 42rem; margin: 0 auto; padding: 1rem; height: 100vh; height: 100dvh; display: flex;
       flex-direction: column; gap: .6rem; box-sizing: border-box }
h1 { margin: 0; font-size: 1.3rem }
#log { flex: 1; overflow-y: auto; border: 1px solid #8888; border-radius: .4rem; padding: .5rem .8rem; margin: 0;
       list-style: none; overflow-wrap: anywhere }
#log b { color: var(--name) }
#log:focus-visible { outline: 2px solid }
form { display: flex; gap: .5rem; flex-wrap: wrap }
input, button { font: inherit; padding: .4rem .6rem }
#text { flex: 1; min-width: 10rem }
#name { width: 7rem }
iframe { flex: 1; border: 1px solid #8888; border-radius: .4rem }
#state { font-size: .85rem; opacity: .8; margin: 0 }
</style>
<noscript><style>#log, #state { display: none } body > noscript { flex: 1; display: flex }</style></noscript>
</head>
<body>
<h1>Chat</h1>
<ul id="log" role="log" aria-label="What was said" tabindex="0">%(lines)s</ul>
<noscript><iframe src="%(place)s/log" title="What was said"></iframe></noscript>
<p id="state" aria-live="polite">%(here)s here</p>
<form method="post" action="%(place)s">
<label>Name <input id="name" name="name" maxlength="20" required value="%(name)s" autocomplete="nickname"></label>
<input id="text" name="text" maxlength="%(most)s" aria-label="What you say" autocomplete="off" autofocus>
<button>Say</button>
</form>
<script>
const log = document.getElementById("log"), state = document.getElementById("state");
const form = document.querySelector("form"), text = document.getElementById("text");
let feed, seen = "%(last)s";
const bottom = () => { log.scrollTop = log.scrollHeight };
function add(line) {
  const item = document.createElement("li"), who = document.createElement("b");
  who.textContent = line.name; item.append(who, " ", line.text); log.append(item); bottom();
}
function listen() {
  feed = new EventSource("%(place)s/events?last=" + seen);
  feed.onmessage = event => { seen = event.lastEventId || seen; add(JSON.parse(event.data)) };
  feed.addEventListener("here", event => { state.textContent = event.data + " here" });
  feed.addEventListener("missed", event => { add({name: "—", text: event.data + " lines missed"}) });
  feed.onerror = () => {
    state.textContent = "not connected; trying again";
    if (feed.readyState == EventSource.CLOSED) setTimeout(listen, 5000);  // it gives up where it gets an error page
  };
}
form.addEventListener("submit", async event => {
  event.preventDefault();
  if (!text.value.trim()) return;
  const said = new URLSearchParams(new FormData(form));
  text.value = "";
  const answer = await fetch(form.action, {method: "POST", body: said, redirect: "manual"}).catch(why => why);
  if (answer instanceof Error || answer.status >= 400) {
    state.textContent = "that was not taken: " + (answer.status || "the server can not be reached");
    text.value ||= said.get("text");
  }
});
// A browser may keep a page that was left, to come back to it: that is not somebody who is here.
addEventListener("pagehide", () => feed.close());
addEventListener("pageshow", event => { if (event.persisted) location.reload() });
listen();
bottom();
</script>
</body>
</html>
"""

LOG = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>What was said</title><style>:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
body{margin:.5rem .8rem;overflow-wrap:anywhere}ul{list-style:none;padding:0}</style></head><body>
<p>%s here with scripts; the newest line is the first</p><ul>%s</ul></body></html>
"""


async def ogimain(ogi):
    await ogi.persist()
    room = Room(ogi)
    async for connection in ogi:
        ogi.fork(room.meet(connection), "visitor")


class Room:
    """What was said, and who listens."""

    def __init__(self, ogi):
        self.state = ogi.state
        self.lines = deque(ogi.state.get("lines", []), KEPT)
        self.feeds = set()
        self.place = f"/ogi/{ogi.name}"

    async def meet(self, connection):
        if connection.path_info == "/events":
            await self.listen(connection)
        elif connection.path_info == "/log":
            await connection.html(LOG % (len(self.feeds), self.shown(reversed(self.lines))))
        elif connection.path_info:
            await connection.text("there is nothing here\n", 404)
        elif connection.method == "POST":
            await self.say(connection)
        else:
            await self.page(connection)

    def shown(self, lines):
        return "".join(f"<li><b>{escape(line['name'])}</b> {escape(line['text'])}</li>" for line in lines)

    async def page(self, connection):
        last = self.lines[-1]["id"] if self.lines else 0
        name = escape(connection.cookies.get("chat-name", ""), quote=True)
        parts = {"lines": self.shown(self.lines), "here": len(self.feeds), "name": name}
        await connection.html(PAGE % {**parts, "place": self.place, "most": MOST, "last": last})

    async def say(self, connection):
        form = await connection.form()
        name = " ".join(form.get("name", "").split())[:20] or "somebody"
        text = " ".join(form.get("text", "").split())[:MOST]
        if text:
            number = self.state["last"] = self.state.get("last", 0) + 1
            self.lines.append({"id": number, "name": name, "text": text})
            self.state["lines"] = list(self.lines)
            await self.tell(self.event(self.lines[-1]), id=str(number))
        connection.set_cookie("chat-name", quote(name, safe=""), path=self.place)
        await connection.redirect(self.place)

    def event(self, line):
        return json.dumps({"name": line["name"], "text": line["text"]})

    async def tell(self, data, **how):
        for feed in list(self.feeds):
            if feed.open:
                await feed.send(data, **how)

    async def listen(self, connection):
        async with connection.events() as feed:
            seen = feed.last_event_id or connection.args.get("last", "0")
            last = int(seen) if seen.isdecimal() and len(seen) < 20 else self.state.get("last", 0)
            self.feeds.add(feed)
            try:
                for line in list(self.lines):
                    if line["id"] > last:
                        await feed.send(self.event(line), id=str(line["id"]))
                await self.tell(str(len(self.feeds)), event="here")
                await connection.closed
            finally:
                self.feeds.discard(feed)
                await self.tell(str(len(self.feeds)), event="here")
