"""Pure. A timer wheel: thousands of clients, each with a deadline, and no timer object for any of them.

This is the paper's figure 10 in one structure. A client sits in the slot of the second in which its deadline was
due when it was filed. Moving a deadline *away* costs one attribute: the client is found when its old slot comes
round, and filed anew. So a busy client, whose deadline moves with every request, is touched once in a deadline;
a slow or idle one sits where nobody looks, and costs the quick ones nothing.
"""

from typing import Protocol

GONE = -1
"""The slot of a client that is in no slot."""


LEAST = 1.0
"""Seconds by which the time of day must jump to count as set: a clock that is only corrected creeps."""


class Timed(Protocol):
    """What sits in the wheel. `deadline` is in seconds; `slot` belongs to the wheel."""

    deadline: float
    slot: int

    def expired(self) -> None: ...

    def clock_set(self, by: float) -> None:
        """The time of day was set: the deadline, and whatever else was noted of it, goes with that."""


class Wheel:
    """Deadlines, kept to about one `tick`.

    :param tick: seconds a slot lasts.
    """

    def __init__(self, tick: float = 0.5) -> None:
        self._tick = tick
        self._turned = 0
        self._ahead: float | None = None
        self._slots: dict[int, set[Timed]] = {}

    def put(self, timed: Timed, deadline: float) -> None:
        """Give a client a deadline, new or changed."""
        timed.deadline = deadline
        slot = self._slot(deadline)
        if slot < timed.slot:
            self.remove(timed)
            self._file(timed, slot)

    def add(self, timed: Timed, deadline: float) -> None:
        """Take in a client that was not in the wheel."""
        timed.deadline = deadline
        self._file(timed, self._slot(deadline))

    def remove(self, timed: Timed) -> None:
        """Forget a client."""
        slot = self._slots.get(timed.slot)
        if slot is not None:
            slot.discard(timed)
            if not slot:
                del self._slots[timed.slot]
        timed.slot = GONE

    def turn(self, now: float) -> None:
        """Tell every client whose deadline has passed, and file those anew whose deadline moved away.

        :raise Exception: what an `expired` raised, after all have been told.
        """
        current = int(now / self._tick)
        # After a clock that jumped, the slots there are fewer than the ticks in between. After one that was set back,
        # "never the slot being turned" (`_slot`) has filed clients too late: all are filed anew.
        back = current < self._turned
        self._turned = current
        due = [slot for slot in self._slots if back or slot <= current]
        over = []
        for timed in [timed for slot in due for timed in self._slots.pop(slot)]:
            if timed.deadline <= now:
                # `expired` closes it, or gives it another deadline: both find it in a slot.
                self._file(timed, current + 1)
                over.append(timed)
            else:
                self._file(timed, self._slot(timed.deadline))
        # Only now, when all sit where they belong: an `expired` that fails costs nobody else the deadline.
        failed = None
        for timed in over:
            if timed.slot != GONE and timed.deadline <= now:  # unless what another one's `expired` did changed that
                try:
                    timed.expired()
                except Exception as error:
                    failed = error
        if failed is not None:
            raise failed

    def follow(self, now: float, steady: float) -> float:
        """Have the deadlines go with the time of day when somebody has set that.

        :param now: the time of day. :param steady: the seconds of a clock that nobody sets.
        :return: by how many seconds it was set since the last time; 0.0 if it was not.
        """
        ahead = now - steady
        by = 0.0 if self._ahead is None else ahead - self._ahead
        self._ahead = ahead
        if abs(by) < LEAST:
            return 0.0
        before = now - by
        everybody = [timed for slot in self._slots.values() for timed in slot]
        self._slots.clear()
        self._turned = int(now / self._tick)
        for timed in everybody:
            # What would be long over if the clock had not been set back was noted since: it is right as it is.
            if timed.deadline > before - LEAST - 2 * self._tick:
                timed.clock_set(by)
            self._file(timed, self._slot(timed.deadline))
        return by

    def __len__(self) -> int:
        return sum(len(slot) for slot in self._slots.values())

    def _slot(self, deadline: float) -> int:
        # Rounded up, and never the slot being turned: a deadline in the past is found at the next turn.
        return max(int(deadline / self._tick) + 1, self._turned + 1)

    def _file(self, timed: Timed, slot: int) -> None:
        timed.slot = slot
        self._slots.setdefault(slot, set()).add(timed)
