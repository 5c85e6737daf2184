"""Pure. What a CGI program is told, and what it says (RFC 3875): request -> environment, output -> head of an answer.

A program is told of a request by its environment. Only what is made here and what the settings name is in it: nothing
of the server's own, no field whose name could be mistaken for another (`X_Y` beside `X-Y`), nor `Proxy`, which programs
take for the proxy of their own requests.

A program says its head in fields like those of HTTP, but not to the letter: LF ends a line as well, and `Status` and
`Location` are for the server. How the body is framed is never taken from it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes

from ...http.grammar import TCHAR, VALUE, tokens
from ...http.head import Request
from ...http.target import parse_target

_NAME = re.compile(rb"[A-Za-z0-9-]+")
_HIDDEN = frozenset((
    b"proxy", b"content-length", b"content-type", b"authorization", b"proxy-authorization",
    b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"expect",
))  # fmt: skip
_HOP_BY_HOP = frozenset((
    b"connection", b"proxy-connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade",
))  # fmt: skip
_OURS = frozenset((b"status", b"content-length", b"server", b"date"))
_NOT_PASSED_ON = _HOP_BY_HOP | _OURS
_ONCE = frozenset((b"status", b"location", b"content-type", b"content-length"))
_END = re.compile(rb"\n\r?\n|\A\r?\n")
_FIELD = re.compile(rb"(" + TCHAR + rb"++):[ \t]*+(" + VALUE + rb"*+)")
_STATUS = re.compile(rb"(\d{3})(?:[ \t]+(.*))?")
_STATUS_LINE = re.compile(rb"HTTP/\d\.\d[ \t]+(\d{3}(?:[ \t]+.*)?)")
_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20]+")
_PRINTABLE = re.compile(rb"[\x20-\x7e]+")


@dataclass(slots=True, frozen=True)
class Ends:
    """The two ends of the client's connection, and what the server is called."""

    name: bytes
    address: bytes
    port: int
    peer: bytes
    peer_port: int
    software: bytes = b"occwserv"
    secure: tuple[tuple[bytes, bytes], ...] | None = None  # what TLS says of itself; None: there is none


@dataclass(slots=True, frozen=True)
class Script:
    """The program a request is for: its file, `name` in the URL (SCRIPT_NAME) and `info`, the path behind that.

    `translated` is the file that `info` would be as a request of its own. It runs in `folder`, by `argv`; `nph`: what
    it says is sent as it is.
    """

    file: bytes
    name: bytes
    info: bytes = b""
    translated: bytes = b""
    argv: tuple[bytes, ...] = ()
    folder: bytes = b"/"
    nph: bool = False


@dataclass(slots=True)
class Redirected(Request):
    """A request that a program made of another by a `Location` on this server; `line` is still the client's."""

    depth: int = 0
    before: tuple[tuple[bytes, bytes], ...] = field(default=())


def redirected(request: Request, location: bytes) -> Redirected:
    """What the client would have asked for, had it been told of the location: the body is not sent again.

    :raise HTTPError: if that is no target of a request.
    """
    target = parse_target(b"GET", location.partition(b"#")[0])
    old = request.target
    kept = {name: value for name, value in request.fields.items() if not name.startswith(b"content-")}
    kept.pop(b"transfer-encoding", None)
    return Redirected(
        line=request.line,
        # A client that asked with HEAD waits for no body, whatever was made of its request.
        method=b"HEAD" if request.method == b"HEAD" else b"GET",
        target=target,
        minor=request.minor,
        fields=kept,
        length=0,
        keep_alive=request.keep_alive,
        expects_continue=request.expects_continue,
        depth=getattr(request, "depth", 0) + 1,
        before=((b"REDIRECT_URL", old.path), (b"REDIRECT_QUERY_STRING", old.query or b"")),
    )


def environment(
    request: Request,
    script: Script,
    ends: Ends,
    root: bytes,
    length: int,
    base: Mapping[bytes, bytes],
    from_header: Mapping[bytes, bytes],
    pass_auth: bool,
) -> dict[bytes, bytes]:
    """The environment of a program (RFC 3875 4.1).

    :param length: bytes of the request's body.
    :param base: what is set besides, such as PATH; what is said of the request wins.
    :param from_header: further variables, each with the field whose value it has.
    """
    target, fields = request.target, request.fields
    query = target.query or b""
    env = dict(base)
    for variable, name in from_header.items():
        if name.lower() in fields:
            env[variable] = fields[name.lower()]
    for name, value in fields.items():
        if (name not in _HIDDEN or (pass_auth and name == b"authorization")) and _NAME.fullmatch(name):
            env[b"HTTP_" + name.upper().replace(b"-", b"_")] = value
    if target.authority is not None:
        env[b"HTTP_HOST"] = target.authority  # RFC 9112 3.2.2: it beats the field
    env.update(getattr(request, "before", ()))
    env |= {
        b"GATEWAY_INTERFACE": b"CGI/1.1",
        b"SERVER_SOFTWARE": ends.software,
        b"SERVER_PROTOCOL": b"HTTP/1.%d" % request.minor,
        b"SERVER_NAME": ends.name,
        b"SERVER_ADDR": ends.address,
        b"SERVER_PORT": b"%d" % ends.port,
        b"REMOTE_ADDR": ends.peer,
        b"REMOTE_PORT": b"%d" % ends.peer_port,
        b"REQUEST_METHOD": request.method,
        b"REQUEST_SCHEME": b"http" if ends.secure is None else b"https",
        b"REQUEST_URI": target.raw_path + (b"" if target.query is None else b"?" + query),
        b"REDIRECT_STATUS": b"200",  # php-cgi wants it, as a sign that a server calls it
        b"DOCUMENT_ROOT": root,
        b"QUERY_STRING": query,
        b"SCRIPT_NAME": script.name,
        b"SCRIPT_FILENAME": script.file,
    }
    if ends.secure is not None:
        env |= {b"HTTPS": b"on", **dict(ends.secure)}
    if script.info:
        env |= {b"PATH_INFO": script.info, b"PATH_TRANSLATED": script.translated}
    if length or request.length is None or b"content-length" in fields:
        env[b"CONTENT_LENGTH"] = b"%d" % length
    if b"content-type" in fields:
        env[b"CONTENT_TYPE"] = fields[b"content-type"]
    return env


def search_words(request: Request) -> list[bytes]:
    """The words of an indexed query (RFC 3875 4.4): arguments of the program, where that is wanted."""
    query = request.target.query
    if not query or b"=" in query or request.method not in (b"GET", b"HEAD"):
        return []
    return [unquote_to_bytes(word) for word in query.split(b"+") if b"%00" not in word]


class BadOutput(Exception):
    """What a program said is no answer: 502."""


@dataclass(slots=True)
class Head:
    """The head of an answer that a program said.

    `local` is a path of this server that is to be answered in its place; `length` what it says of its body's length;
    `moved`: it sends the client elsewhere; `typed`: it says what its body is.
    """

    status: int
    reason: str | None
    fields: list[tuple[bytes, bytes]]
    length: int | None = None
    local: bytes | None = None
    moved: bool = False
    typed: bool = True


class HeadReader:
    """Takes the head out of what a program writes.

    :param most: bytes of a head, `most_fields` its fields.
    """

    __slots__ = ("_buffer", "_most", "_most_fields")

    def __init__(self, most: int, most_fields: int) -> None:
        self._buffer = b""
        self._most = most
        self._most_fields = most_fields

    @property
    def held(self) -> bytes:
        """What came so far, or is left behind the head."""
        return self._buffer

    def feed(self, data: bytes) -> Head | None:
        """More was written; the head, when it is complete.

        :raise BadOutput: when it is none.
        """
        start = max(len(self._buffer) - 2, 0)
        self._buffer += data
        end = _END.search(self._buffer, start)
        if end is None or end.end() > self._most:
            if len(self._buffer) > self._most:
                raise BadOutput(f"its head is longer than {self._most} bytes")
            return None
        raw, self._buffer = self._buffer[: end.start()], self._buffer[end.end() :]
        return parse_output_head(raw, self._most_fields)

    def hold(self, data: bytes) -> None:
        """Keep what was written, and look for nothing."""
        self._buffer += data

    def end(self) -> BadOutput:
        """No more will come: why that is no answer."""
        return BadOutput("it ended within its head" if self._buffer else "it said nothing")


def parse_output_head(raw: bytes, most_fields: int = 200) -> Head:
    """The head of an answer from what a program said before its first empty line."""
    lines = [line.removesuffix(b"\r") for line in raw.split(b"\n")]
    first = _STATUS_LINE.fullmatch(lines[0])
    if first is not None:
        lines[0] = b"Status: " + first[1]
    if len(lines) > most_fields:
        raise BadOutput(f"its head has more than {most_fields} fields")
    pairs = []
    known: dict[bytes, bytes] = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise BadOutput(f"its head has a line that is not NAME: VALUE: {line[:100]!r}")
        name, value = match[1].lower(), match[2].rstrip(b" \t")
        pairs.append((match[1], value))
        if name in _ONCE:
            if name in known:
                raise BadOutput(f"it says {name.decode()} more than once")
            known[name] = value
    return _meaning(pairs, known)


def _meaning(pairs: Sequence[tuple[bytes, bytes]], known: Mapping[bytes, bytes]) -> Head:
    """What the fields mean together (RFC 3875 6.2): a document, or one of three redirects."""
    listed = [token for name, value in pairs if name.lower() == b"connection" for token in tokens(value)]
    dropped = _NOT_PASSED_ON.union(listed)
    fields = [pair for pair in pairs if pair[0].lower() not in dropped]
    status, reason = _status(known.get(b"status"))
    digits = known.get(b"content-length", b"")
    head = Head(status or 200, reason, fields, typed=b"content-type" in known and b"content-type" not in dropped)
    head.length = int(digits) if digits.isdigit() and len(digits) < 19 else None
    location = known.get(b"location")
    if location is None:
        return head
    head.moved = True
    if not location.startswith(b"/"):
        if not _URL.fullmatch(location) and status is None:
            raise BadOutput(f"its Location is neither a path nor a URL: {location[:100]!r}")
    elif not location.startswith(b"//") and len(pairs) == 1:
        return replace(head, local=location)
    if status is None:
        head.status = 302
    return head


def _status(value: bytes | None) -> tuple[int | None, str | None]:
    if value is None:
        return None, None
    match = _STATUS.fullmatch(value)
    if match is None or not 200 <= int(match[1]) <= 599:
        raise BadOutput(f"its Status is not a number from 200 to 599 and a reason: {value[:100]!r}")
    reason = match[2]
    return int(match[1]), reason.decode("ascii") if reason and _PRINTABLE.fullmatch(reason) else None


def raw_status(output: bytes) -> int | None:
    """The status that a program says for itself, whose output is sent as it is."""
    line = _STATUS_LINE.fullmatch(output.partition(b"\n")[0].removesuffix(b"\r"))
    return int(line[1][:3]) if line is not None else None
