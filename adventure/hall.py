"""Process. The hall: who plays, by his name. It carries what is said over any distance, and knows nobody's place.

It waits for nobody: what it tells goes into outboxes.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from occwserv.csp import Channel
from occwserv.csp.process import Outside

from .accounts import Accounts
from .language import Command, Puzzled
from .limits import Limits
from .marks import Marks
from .messages import Done, Enter, Protect
from .player import Card
from .values import ROLES, Body, Heard, capital, listed
from .verbs import WORDS

NAME = re.compile(r"[^\W\d_][\w'-]{1,19}")
SHOUTS_APART = 10.0  # seconds


class Hall(Outside):
    """Who is here, and the bodies of those who are not.

    :param admit: puts a body into the world.
    """

    def __init__(
        self, limits: Limits, now: Callable[[], float], admit: Callable[[Body | None, Card], None], marks: Marks
    ) -> None:
        self.limits, self.accounts = limits, Accounts(limits.operators)
        self.now, self.admit, self.marks = now, admit, marks
        self.asked = Channel("questions to the hall")
        self.cards: dict[str, Card] = {}
        self.kept: dict[str, Body] = {}  # of those who have left
        self.shouted: dict[int, float] = {}
        self.numbers = 0
        self.reserved: set[str] = set()  # the bots' names

    async def run(self) -> None:
        """Serve."""
        while True:
            question = await self.asked.receive()
            done: Done = question[-1]
            answer: Any = ["That can not be done now."]
            try:
                answer = self._answer(question)
            except Puzzled as puzzled:
                answer = [str(puzzled)]
            finally:
                done.give(answer)  # whatever went wrong: who asks waits for nothing else

    def _answer(self, question: Any) -> Any:
        if isinstance(question, Enter):
            return self._enter(question)
        if isinstance(question, Protect):
            return self._protect(question)
        card, what, _ = question
        if isinstance(what, Command):
            return getattr(self, f"_{what.verb.name}")(card, what.text)
        return self._left(card, what)

    def number(self) -> int:
        """A number that no other body has."""
        self.numbers += 1
        return self.numbers

    def _enter(self, asked: Enter) -> Any:
        name = self._checked(asked.name)
        key = name.lower()
        problem = self.accounts.problem(key, asked.digest)
        if problem:
            return [problem]
        if key in self.cards:
            return [f"{name} is here already."]
        card = Card(self.number(), name, self.accounts.role(key), asked.player, self.now())
        self.cards[key] = asked.player.card = card
        self.tell_all(Heard("news", f"{name} has come into the world.", name), card)
        self.admit(self.kept.pop(key, None), card)
        return card

    def _checked(self, name: str) -> str:
        if not NAME.fullmatch(name):
            raise Puzzled("A name has 2 to 20 letters, and begins with one.")
        if name.lower() in self.reserved and not self._known(name.lower()):
            raise Puzzled("Somebody who lives here has that name.")
        if name.lower() in WORDS and not self._known(name.lower()):
            raise Puzzled(f'"{name}" is a command, and can not be a name.')
        shown = capital(name)
        return shown if shown.lower() == name.lower() else name  # some letters become others by that

    def reserve(self, names: Iterable[str]) -> None:
        """Nobody who is new gets a name, or a word of one, that is a bot's."""
        self.reserved = {each for name in names for each in (name, *name.split())}

    def _known(self, name: str) -> bool:
        """Whether somebody has a name already."""
        return name in self.cards or name in self.kept or self.accounts.known(name)

    def body_of(self, name: str) -> Body | None:
        """The body of a player, in the world or kept."""
        card = self.cards.get(name)
        return self.kept.get(name) if card is None else card.player.mine

    def heed(self, limits: Limits) -> None:
        """Go on under other limits; they hold at once for those who play."""
        changed = limits.operators ^ self.limits.operators
        self.limits, self.accounts.operators = limits, limits.operators
        for name, card in self.cards.items():
            card.player.rate = limits.rate
            if name in changed:
                card.role = self.accounts.role(name)

    def _left(self, card: Card, body: Body | None) -> list[str]:
        self.cards.pop(card.name.lower(), None)
        self.shouted.pop(card.number, None)
        if body is not None:
            self.kept[card.name.lower()] = body
        self.tell_all(Heard("news", f"{card.name} has left the world.", card.name), card)
        return []

    def tell_all(self, heard: Heard, but: Card | None = None) -> None:
        """Tell every player something."""
        for card in self.cards.values():
            if card is not but:
                card.player.mine.take(heard)

    def _find(self, name: str) -> Card:
        found = self.cards.get(name.lower())
        matching = [card for key, card in self.cards.items() if key.startswith(name.lower())]
        if found is None and len(matching) == 1:
            found = matching[0]
        if found is None or not name:
            raise Puzzled(f'Nobody called "{name}" is playing.' if name else "Tell whom?")
        return found

    # The verbs.

    def _tell(self, card: Card, text: str) -> list[str]:
        name, _, words = text.partition(" ")
        other = self._find(name)
        if not words:
            raise Puzzled(f"What do you want to tell {other.name}?")
        other.player.hear(f'{card.name} tells you, "{words}"', "told")
        other.told_by = card.name
        return [f'You tell {other.name}, "{words}"']

    def _reply(self, card: Card, text: str) -> list[str]:
        if not card.told_by:
            raise Puzzled("Nobody has told you anything.")
        if card.told_by.lower() not in self.cards:
            raise Puzzled(f"{card.told_by} does not play any more.")
        return self._tell(card, f"{card.told_by} {text}")

    def _shout(self, card: Card, text: str) -> list[str]:
        if not text:
            raise Puzzled("What do you want to shout?")
        if self.now() < self.shouted.get(card.number, 0.0):
            raise Puzzled("You are still hoarse from the last time.")
        self.shouted[card.number] = self.now() + SHOUTS_APART
        self.tell_all(Heard("shout", f'{card.name} shouts, "{text}"', card.name), card)
        return [f'You shout, "{text}"']

    def _who(self, card: Card, text: str) -> list[str]:
        names = [
            other.name + (f" ({other.role})" if other.role != "player" else "")
            + (" (idle)" if self.now() - other.idle_since > 300 else "")
            for other in self.cards.values()
        ]  # fmt: skip
        return [f"{len(names)} {'plays' if len(names) == 1 else 'play'}: {listed(sorted(names))}."]

    def _name(self, card: Card, text: str) -> Any:
        name = self._checked(text)
        if self._known(name.lower()):
            raise Puzzled(f"{name} is the name of somebody else.")
        before, after = card.name.lower(), name.lower()
        self.cards[after] = self.cards.pop(before)
        self.accounts.rename(before, after)
        card.name, card.player.mine.key = name, after
        for kind in ("player", "seen", "account"):
            self.marks.is_gone(kind, before)
        self.marks.body(card.player.mine)
        self.marks.view(card.player.mine)
        if after in self.accounts.by_name:
            self.marks.account(after)
        return "renamed"

    def _protect(self, asked: Protect) -> list[str]:
        card, name = asked.card, asked.card.name.lower()
        if name in self.accounts.operators and not self.accounts.protected(name):
            # It has become one while somebody, whoever he is, was playing by it.
            raise Puzzled("That is the name of an operator by now: who runs the server gives it its password.")
        if not self.accounts.protected(name):
            self.accounts.grant(name, card.role)  # as whoever has it now: what others had by that name is gone
        self.accounts.protect(name, asked.salt, asked.digest)
        self.marks.account(name)
        card.role = max(card.role, self.accounts.role(name), key=ROLES.index)
        return ["Your name is protected now."]

    def _grant(self, card: Card, text: str) -> list[str]:
        name, _, role = text.partition(" ")
        if role not in ROLES:
            raise Puzzled(f"A role is one of {', '.join(ROLES)}.")
        other = self._find(name)
        other.role = role
        self.accounts.grant(other.name.lower(), role)
        self.marks.account(other.name.lower())
        until = "" if self.accounts.protected(other.name.lower()) else ", until you leave: your name has no password"
        other.player.hear(f"You are {'an' if role == 'operator' else 'a'} {role} now{until}.")
        return [f"{other.name} is {'an' if role == 'operator' else 'a'} {role} now."]
