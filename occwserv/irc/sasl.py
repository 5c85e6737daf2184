"""Pure. Saying who one is: SASL's PLAIN (RFC 4616), EXTERNAL (RFC 4422 A), SCRAM-SHA-256 (RFC 5802, RFC 7677)."""

import base64
import binascii
import hashlib
import hmac
import stringprep
import unicodedata

PIECE = 400
"""Bytes of base64 in one AUTHENTICATE; a shorter one is the last (IRCv3 SASL)."""

LONGEST = 16 * PIECE
"""Bytes of base64 of a challenge."""

ITERATIONS = range(4096, 500_001)
"""How often a server may have the password hashed: fewer would protect nothing, and more would hold up everybody."""

_FORBIDDEN = (
    stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4,
    stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
    stringprep.in_table_c9,
)  # fmt: skip


class SaslError(Exception):
    """The exchange can not go on; the text says why."""


class Plain:
    """Name and password, as they are: only for links that nobody else reads."""

    name = "PLAIN"
    proven = True  # the server proves nothing

    def __init__(self, account: str, password: str) -> None:
        self._said = "\0".join((account, account, password)).encode()

    def answer(self, challenge: bytes) -> bytes:
        """What to say to a challenge.

        :raise SaslError: there is nothing to be said.
        """
        return self._said


class External:
    """Who one is was said by the certificate of the link."""

    name = "EXTERNAL"
    proven = True

    def __init__(self, account: str) -> None:
        self._said = account.encode()

    def answer(self, challenge: bytes) -> bytes:
        """As `Plain.answer`."""
        return self._said


class Scram:
    """Proves to know the password without saying it; and lets the server prove that it knows it, too.

    :param nonce: printable ASCII without commas, never used before.
    """

    name = "SCRAM-SHA-256"

    def __init__(self, account: str, password: str, nonce: str) -> None:
        self._password = prepared(password).encode()
        self._nonce = nonce
        self._bare = f"n={prepared(account).replace('=', '=3D').replace(',', '=2C')},r={nonce}"
        self._signature = b""
        self._step = 0
        self.proven = False

    def answer(self, challenge: bytes) -> bytes:
        """As `Plain.answer`."""
        self._step += 1
        if self._step == 1:
            return f"n,,{self._bare}".encode()
        fields = attributes(challenge)
        if "e" in fields:
            raise SaslError(f"the server says {fields['e'][:80]!r}")
        if self._step == 2:
            return self._prove(challenge, fields)
        if not self._signature or not hmac.compare_digest(decoded(fields.get("v", "")), self._signature):
            raise SaslError("the server does not know the password")
        self.proven = True
        return b""

    def _prove(self, challenge: bytes, fields: dict[str, str]) -> bytes:
        nonce, salt, times = fields.get("r", ""), decoded(fields.get("s", "")), fields.get("i", "")
        if not nonce.startswith(self._nonce) or nonce == self._nonce or not salt or "m" in fields:
            raise SaslError("the server's first message is not right")
        if not (times.isascii() and times.isdigit()) or int(times[:9]) not in ITERATIONS:
            raise SaslError(f"the server wants {times[:20]!r} iterations, not {ITERATIONS[0]} to {ITERATIONS[-1]}")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, int(times))
        final = f"c=biws,r={nonce}"
        said = b",".join((self._bare.encode(), challenge, final.encode()))
        key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(key).digest(), said)
        self._signature = _hmac(_hmac(salted, b"Server Key"), said)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        return f"{final},p={base64.b64encode(proof).decode()}".encode()


Mechanism = Plain | External | Scram


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def attributes(message: bytes) -> dict[str, str]:
    """`a=1,b=2` as a mapping."""
    pairs = (part.partition("=") for part in message.decode("utf-8", "replace").split(","))
    return {key: value for key, _, value in pairs}


def decoded(text: str) -> bytes:
    """Base64.

    :raise SaslError: it is not.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SaslError("the server's message is not base64") from None


def prepared(text: str) -> str:
    """A name or password in the one form in which it is compared: SASLprep (RFC 4013).

    :raise SaslError: it holds a character that may not be in it.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(each) else each for each in text if not stringprep.in_table_b1(each)
    )
    text = unicodedata.normalize("NFKC", mapped)
    if any(check(each) for each in text for check in _FORBIDDEN):
        raise SaslError("the account or its password holds a character that SASL does not allow")
    return text


def lines(answer: bytes) -> list[str]:
    """The AUTHENTICATE lines of an answer."""
    said = base64.b64encode(answer).decode()
    pieces = [said[at : at + PIECE] for at in range(0, len(said), PIECE)]
    if not pieces or len(pieces[-1]) == PIECE:
        pieces.append("+")
    return [f"AUTHENTICATE {piece}" for piece in pieces]


class Challenge:
    """Puts the pieces of a challenge together."""

    def __init__(self) -> None:
        self._said = ""

    def add(self, piece: str) -> bytes | None:
        """The challenge, if this was its last piece.

        :raise SaslError: it is no challenge, or too long.
        """
        self._said += "" if piece == "+" else piece
        if len(self._said) > LONGEST:
            raise SaslError("the server's message is too long")
        if len(piece) == PIECE:
            return None
        said, self._said = self._said, ""
        return decoded(said)
