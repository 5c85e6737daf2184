"""Adapter. Reads a form before its module is bothered: a slow client is nobody's business but his own."""

from collections.abc import Callable

from twisted.internet.defer import inlineCallbacks

from ...connection import Connection
from ...http.errors import HTTPError
from ...net.outlet import ClientGone
from .forms import BadForm, parse_form


@inlineCallbacks
def read_form(connection: Connection, kind: bytes, most: int, then: Callable[[bytes], object]):
    """Read a form, and answer the request in the module's place if there is something wrong with it.

    :param kind: its media type. :param most: bytes of the largest one. :param then: is given the bytes of a good one.
    """
    try:
        form = yield _whole(connection, most)
        parse_form(kind, form)
    except BadForm as error:
        connection.fail(HTTPError(400, str(error)))
    except HTTPError as error:
        connection.fail(error)
    except ClientGone:
        connection.abort("the client left while its form was read")
    else:
        then(form)


@inlineCallbacks
def _whole(connection: Connection, most: int):
    """The bytes of the body. Not more of them are kept than a form may have, and none if it says that it has more."""
    parts, size = [], connection.request.length or 0
    if size <= most:
        size = 0
        while piece := (yield connection.read()):
            parts.append(piece)
            size += len(piece)
            if size > most:
                break
    if size > most:
        raise HTTPError(413, f"a form has at most {most} bytes here", close=True)
    return b"".join(parts)
