"""Pure. Names that are protected by a password, and the roles that were granted."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

COST = {"n": 1 << 14, "r": 8, "p": 1}  # scrypt: 16 MiB and some 50 ms for each try


@dataclass(slots=True)
class Account:
    """One name."""

    salt: bytes = b""
    digest: bytes = b""
    role: str = "player"


def digest_of(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, **COST)  # type: ignore[arg-type]


class Accounts:
    """All of them.

    :param salt: makes 16 random bytes.
    """

    def __init__(self, salt: Callable[[], bytes]) -> None:
        self._salt = salt
        self.by_name: dict[str, Account] = {}

    def known(self, name: str) -> bool:
        return name in self.by_name

    def protected(self, name: str) -> bool:
        """Whether a name has a password."""
        account = self.by_name.get(name)
        return account is not None and bool(account.digest)

    def problem(self, name: str, password: str) -> str:
        """Why somebody may not have a name; empty if he may."""
        account = self.by_name.get(name)
        if account is None or not account.digest:
            return ""
        if not password:
            return "That name has a password."
        good = hmac.compare_digest(digest_of(password, account.salt), account.digest)
        return "" if good else "That is not the password of that name."

    def role(self, name: str) -> str:
        account = self.by_name.get(name)
        return account.role if account is not None else "player"

    def protect(self, name: str, password: str) -> None:
        account = self.by_name.setdefault(name, Account())
        account.salt = self._salt()
        account.digest = digest_of(password, account.salt)

    def grant(self, name: str, role: str) -> None:
        self.by_name.setdefault(name, Account()).role = role

    def rename(self, old: str, new: str) -> None:
        if old in self.by_name:
            self.by_name[new] = self.by_name.pop(old)
