"""Pure. What both sides have agreed on: the Q method of RFC 1143, with which no negotiation goes round in circles.

An option has two sides, ours (they say DO and DONT, we say WILL and WONT) and theirs (they say WILL and WONT, we say DO
and DONT), and the rules are the same for both. A side is in one of six states: NO, YES; WANT_NO and WANT_YES, while we
wait for an answer; and these two with BUT_OTHERWISE, when we have changed our mind meanwhile. What we want is asked for
once, never again before there was an answer; what is so already is never confirmed.
"""

from collections.abc import Collection

from .codes import DO, DONT, IAC, WILL, WONT

NO, YES, WANT_NO, WANT_NO_BUT_OTHERWISE, WANT_YES, WANT_YES_BUT_OTHERWISE = range(6)
ASK_ON, ASK_OFF, THEY_AGREE, THEY_REFUSE, THEY_AGREE_UNWANTED = range(5)
SAY_ON, SAY_OFF = True, False

# RFC 1143, section 7: (state, what happened) -> (the state then, what is said). All else changes nothing.
RULES: dict[tuple[int, int], tuple[int, bool | None]] = {
    (NO, ASK_ON): (WANT_YES, SAY_ON),
    (NO, THEY_AGREE): (YES, SAY_ON),
    (NO, THEY_AGREE_UNWANTED): (NO, SAY_OFF),
    (YES, ASK_OFF): (WANT_NO, SAY_OFF),
    (YES, THEY_REFUSE): (NO, SAY_OFF),
    (WANT_NO, ASK_ON): (WANT_NO_BUT_OTHERWISE, None),
    (WANT_NO, THEY_AGREE): (NO, None),
    (WANT_NO, THEY_REFUSE): (NO, None),
    (WANT_NO_BUT_OTHERWISE, ASK_OFF): (WANT_NO, None),
    (WANT_NO_BUT_OTHERWISE, THEY_AGREE): (YES, None),
    (WANT_NO_BUT_OTHERWISE, THEY_REFUSE): (WANT_YES, SAY_ON),
    (WANT_YES, ASK_OFF): (WANT_YES_BUT_OTHERWISE, None),
    (WANT_YES, THEY_AGREE): (YES, None),
    (WANT_YES, THEY_REFUSE): (NO, None),
    (WANT_YES_BUT_OTHERWISE, ASK_ON): (WANT_YES, None),
    (WANT_YES_BUT_OTHERWISE, THEY_AGREE): (WANT_NO, SAY_OFF),
    (WANT_YES_BUT_OTHERWISE, THEY_REFUSE): (NO, None),
}


class Side:
    """The options of one side.

    :param on: the verb with which we ask for an option. :param off: the one with which we refuse it.
    :param wanted: options that we agree to when the client begins.
    """

    __slots__ = ("_off", "_on", "_states", "_wanted")

    def __init__(self, on: int, off: int, wanted: Collection[int] = ()) -> None:
        self._on, self._off, self._wanted = on, off, wanted
        self._states: dict[int, int] = {}  # of those that are not NO

    def has(self, option: int) -> bool:
        """Whether both sides have agreed on it."""
        return self._states.get(option) == YES

    def ask(self, option: int, on: bool = True) -> bytes:
        """Want an option, or no more; what is to be said for that."""
        return self._change(option, ASK_ON if on else ASK_OFF)

    def hear(self, option: int, on: bool) -> bytes:
        """The client has said that it is for an option, or against; what is to be said to that."""
        if not on:
            return self._change(option, THEY_REFUSE)
        if option not in self._states and option not in self._wanted:
            return self._change(option, THEY_AGREE_UNWANTED)
        return self._change(option, THEY_AGREE)

    def _change(self, option: int, event: int) -> bytes:
        state, say = RULES.get((self._states.get(option, NO), event), (None, None))
        if state == NO:
            self._states.pop(option, None)
        elif state is not None:
            self._states[option] = state
        return b"" if say is None else bytes((IAC, self._on if say else self._off, option))


def ours(wanted: Collection[int] = ()) -> Side:
    """What we do."""
    return Side(WILL, WONT, wanted)


def theirs(wanted: Collection[int] = ()) -> Side:
    """What the client does."""
    return Side(DO, DONT, wanted)
