"""Asks a finger server (RFC 1288): /ogi/finger?user@host. Only hosts that the settings allow are asked.

ogi: {options: {finger: {hosts: "localhost finger.example.org:7979"}}}
"""

from html import escape

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.error import ConnectError, ConnectionRefusedError, DNSLookupError
from twisted.internet.protocol import Protocol

from occwserv.csp import timeout

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Finger</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 42rem; margin: 0 auto; padding: 1rem }
form { margin-bottom: 1rem }
input, button { font: inherit; padding: .4rem .6rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .8rem; border: 1px solid #8888; border-radius: .4rem }
</style>
</head>
<body>
<main>
<h1>Finger</h1>
<form>
<label>Who is <input name="who" value="%(query)s" placeholder="user@host" required></label> <button>Ask</button></form>
%(text)s
</main>
</body>
</html>
"""
PATIENCE = 5
MOST = 65536


class Question(Protocol):
    """Sends a line, and collects what comes back."""

    def __init__(self, line):
        self.line = line
        self.answer = b""
        self.over = Deferred()

    def connectionMade(self):
        self.transport.write(self.line)

    def dataReceived(self, data):
        self.answer += data
        if len(self.answer) >= MOST:
            self.transport.abortConnection()

    def connectionLost(self, reason):
        self.over.callback(self.answer[:MOST])


async def ogimain(ogi):
    await ogi.persist()
    allowed = ogi.options.get("hosts", "localhost").split()
    async for connection in ogi:
        ogi.fork(finger(connection, allowed, ogi.reactor), "finger")


async def finger(connection, allowed, reactor):
    if not connection.query:
        await connection.html(PAGE % {"query": "", "text": ""})
        return
    user, at, host = asked(connection).rpartition("@")
    if not at or not host or "@" in user:  # a second one would have the server ask another one for us
        await show(connection, 400, "Ask for user@host.")
        return
    place = next((place for place in allowed if host.lower() in (place.lower(), place.partition(":")[0].lower())), None)
    if place is None:
        await show(connection, 403, f"{host} is not one of the hosts that may be asked.")
        return
    name, _, port = place.partition(":")
    question = Question(user.encode("ascii", "replace").replace(b"\r", b"").replace(b"\n", b"") + b"\r\n")
    try:
        async with timeout(PATIENCE):
            await connectProtocol(HostnameEndpoint(reactor, name, int(port or 79)), question)
            answer = await question.over
    except TimeoutError:
        await show(connection, 504, f"{host} did not answer within {PATIENCE} seconds.")
    except ConnectionRefusedError:
        await show(connection, 502, f"{host} refused: it has no finger server.")
    except (ConnectError, DNSLookupError) as error:
        await show(connection, 502, f"{host} can not be reached: {error}")
    else:
        await show(connection, 200, answer.decode("utf-8", "replace").replace("\r\n", "\n"))
    finally:
        if question.transport is not None:
            question.transport.abortConnection()


def asked(connection):
    """Who is asked for: the whole query, or the field of the form."""
    return connection.args.get("who", connection.query).strip()


async def show(connection, status, text):
    query = escape(asked(connection), quote=True)
    await connection.html(PAGE % {"query": query, "text": f"<pre>{escape(text)}</pre>"}, status)
