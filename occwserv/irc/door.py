"""Process. The game's door on one network: who writes to us plays, or is told how to.

    start NAME [password]    link CODE    help    more    quit    and in the game: whatever the game understands

A player is a person (`names.Person`), not a nickname, from the moment he enters until he is seen or believed to be
gone: then his seat is let go, and the character waits for him. He comes back by `start NAME`: with the password, or
from the same account or the same nick, user and host, unless others who play come from that very place, too.

Nobody who is no player costs more than a few lines: how to play is told so often in all, and what bots and servers say
(NOTICE, most of CTCP) is not answered at all.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from occwserv.csp import Ending, Scheduler

from .message import form
from .names import Person
from .pacing import Bucket
from .player import Player
from .session import Session
from .text import clean, split

HELP = (
    "I am the door to the adventure. Write me: start NAME (and the password, if the name has one) to enter, or link and"
    " the code that the game tells you at another door when you write code there. In the game every line is a"
    " command: look, north, take lamp, say hello, help. Long answers go on when you write more; quit leaves."
)
HINT = "You are not in the game. Write: start NAME, or: help"
LOBBY = "The game is played in private: /msg {nick} help"
ALIKE = (
    "Somebody who comes from where you come from plays already, and this network does not let me tell you apart."
    " Please log in to an account here, or come by another way."
)
TALKERS = 10
"""Those who are told how to play at the same time; more are told nothing."""


class Door:
    """The door on one network, whichever connection that is reached by.

    :param game: gives the game (`seats`, `plan`), and is asked when somebody wants to play.
    :param refused: what the game raises to refuse somebody, with the text for him.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        now: Callable[[], float],
        game: Callable[[], Any],
        refused: type[Exception],
        log: Any,
    ) -> None:
        self.game, self.refused, self.log = game, refused, log
        self._scheduler, self._now = scheduler, now
        self.players: dict[Person, Player] = {}
        self.session: Session | None = None
        self._hints = Bucket(0.5, 5, now())
        self._codes = Bucket(0.5, 5, now())  # guesses of link codes
        self._pings = Bucket(0.5, 3, now())
        self._talking = 0

    # What a session tells.

    def ready(self, session: Session) -> None:
        """A connection is made, and we were let in."""
        self.session = session

    def lost(self, session: Session) -> None:
        """A connection has ended, and with it all that was known of people."""
        for player in list(self.players.values()):
            self._let_go(player)
        if self.session is session:
            self.session = None

    def gone(self, person: Person) -> None:
        """Somebody who plays is not there any more."""
        player = self.players.get(person)
        if player is not None:
            self._let_go(player)

    def said(self, session: Session, person: Person, text: str) -> None:
        """Somebody has said something to us."""
        if text.startswith("\x01"):
            text = self._ctcp(session, person, text)
        text = clean(text)
        if not text:
            return
        player = self.players.get(person)
        if player is not None:
            player.take(text)
            return
        verb, _, rest = text.partition(" ")
        verb, rest = verb.lower(), rest.strip()
        if verb == "start" and rest:
            self._begin(session, person, *rest.partition(" ")[::2])
        elif verb == "link" and rest:
            self._begin(session, person, "", rest)
        elif verb in ("help", "start", "link", "hello", "hi"):
            self._tell(session, person.nick, HELP)
        else:
            self._tell(session, person.nick, HINT)

    def said_in_public(self, session: Session, channel: str, text: str) -> None:
        """Somebody has said something in a channel: one who calls us by our name is told where to go."""
        if clean(text).lower().startswith(session.nick.lower()):
            self._tell(session, channel, LOBBY.format(nick=session.nick))

    # What comes of it.

    def _ctcp(self, session: Session, person: Person, text: str) -> str:
        """A question of his program's is answered, now and then. `/me waves` is `emote waves`."""
        verb, _, rest = text.strip("\x01").partition(" ")
        if verb == "ACTION":
            return f"emote {rest}" if person in self.players else ""
        answer = {"VERSION": "VERSION occwserv", "PING": f"PING {clean(rest)[:50]}"}.get(verb)
        if answer is not None and self._pings.take(self._now()):
            session.send_soon(form("NOTICE", person.nick, f"\x01{answer.strip()}\x01"))
        return ""

    def _tell(self, session: Session, target: str, text: str) -> None:
        """Tell something to one who does not play; not at any price."""
        if self._talking < TALKERS and self._hints.take(self._now()):
            self._talking += 1
            process = self._scheduler.spawn(self._talk(session, target, text), f"hint for {target}")
            process.when_ended(self._talked)

    def _talked(self, process: Any) -> None:
        self._talking -= 1

    async def _talk(self, session: Session, target: str, text: str) -> None:
        with suppress(Ending):
            for line in split(text, session.room(target)):
                await session.turns.receive()
                session.tell(target, line)

    def _begin(self, session: Session, person: Person, name: str, secret: str) -> None:
        """Somebody wants to play: by his name and password, or by a code alone."""
        if len(self.players) >= session.network.players:
            self._tell(session, person.nick, "There are too many players from here now. Please try again later.")
            return
        if not name and not self._codes.take(self._now()):
            self._tell(session, person.nick, "Too many codes were tried just now. Please try again in a minute.")
            return
        session.people.names.keep(person)
        player = self.players[person] = Player(person, session)
        process = self._scheduler.spawn(self._play(player, name, secret), f"irc player {person.nick}")
        process.when_ended(lambda process: self._end(player))
        player.process = process

    async def _play(self, player: Player, name: str, secret: str) -> None:
        """The life of a player."""
        session, person = player.session, player.person
        with suppress(Ending):  # the connection is lost
            people, patience = session.people, session.network.lost
            await people.watch(person)
            if person.account is None or people.uncertain(person):
                await people.ask_who(person, patience)
            if people.uncertain(person) and person.crowded and not person.since:
                await player.tell([ALIKE])
                return
            try:
                seat = await self._seat(self._known_by(session, person), name, secret.strip(), person.source.host)
            except self.refused as refused:
                await player.tell([str(refused)])
                return
            except Exception:
                self.log.failure("nobody can enter the game by IRC")
                await player.tell(["The game can not be played now. Its owner can read in the log why."])
                return
            player.seat = seat
            if player.gone:
                self._let_go(player)
            else:
                await player.play()

    async def _seat(self, whom: str, name: str, secret: str, host: str) -> Any:
        seats = self.game().seats
        if not name:
            return await seats.enter_by_code(secret, "irc", whom)
        return await seats.enter(name, secret, "irc", whom, host)

    def _known_by(self, session: Session, person: Person) -> str:
        """By what somebody is known again; nothing, if he might be taken for somebody else."""
        network = session.network.name
        if person.account:
            return f"{network} account {person.account}"
        return "" if person.crowded else f"{network} {person.source}"

    def _let_go(self, player: Player) -> None:
        """A player is gone: his character waits for him."""
        player.gone = True
        if player.seat is not None:  # else he is let go as soon as the game has let him in
            player.seat.whom = self._known_by(player.session, player.person)
            player.seat.let_go()
            player.process.kill()
        self._end(player)

    def _end(self, player: Player) -> None:
        if self.players.get(player.person) is player:
            del self.players[player.person]
            player.session.people.names.forget(player.person)
            player.session.people.unwatch(player.person)
