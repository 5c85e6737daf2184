"""Pure. Names that are protected by a password, and the roles that were granted."""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass

COST = {"n": 1 << 14, "r": 8, "p": 1}  # scrypt: 16 MiB and some 50 ms for each try


@dataclass(slots=True)
class Account:
    """One name."""

    salt: bytes = b""
    digest: bytes = b""
    role: str = "player"


def digest_of(password: str, salt: bytes) -> bytes:
    """What is kept of a password. It takes some 50 ms: a thread does it."""
    return hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, **COST)  # type: ignore[arg-type]


class Accounts:
    """All of them.

    :param operators: names whose roles the settings say.
    """

    def __init__(self, operators: Collection[str] = ()) -> None:
        self.operators = operators
        self.by_name: dict[str, Account] = {}

    def known(self, name: str) -> bool:
        return name in self.by_name or name in self.operators

    def protected(self, name: str) -> bool:
        """Whether a name has a password."""
        account = self.by_name.get(name)
        return account is not None and bool(account.digest)

    def problem(self, name: str, digest: bytes) -> str:
        """Why somebody may not have a name; empty if he may.

        :param digest: of the password that he said, with the salt of the name; empty if he said none.
        """
        account = self.by_name.get(name)
        if account is None or not account.digest:
            return f"{name.capitalize()} is an operator, and has no password yet." if name in self.operators else ""
        if not digest:
            return "That name has a password."
        return "" if hmac.compare_digest(digest, account.digest) else "That is not the password of that name."

    def salt(self, name: str) -> bytes:
        """By what the password of a name is salted; nothing if it has none."""
        account = self.by_name.get(name)
        return b"" if account is None or not account.digest else account.salt

    def role(self, name: str) -> str:
        """What somebody of a name may do. Without a password the name is nobody's own, and has no rights."""
        if not self.protected(name):
            return "player"
        return "operator" if name in self.operators else self.by_name[name].role

    def protect(self, name: str, salt: bytes, digest: bytes) -> None:
        account = self.by_name.setdefault(name, Account())
        account.salt, account.digest = salt, digest

    def grant(self, name: str, role: str) -> None:
        self.by_name.setdefault(name, Account()).role = role

    def rename(self, old: str, new: str) -> None:
        if old in self.by_name:
            self.by_name[new] = self.by_name.pop(old)
