"""The timer wheel: nobody expires early, nobody is forgotten, and a deadline that moves away costs nothing."""

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase

from occwserv.frontend.wheel import GONE, Wheel

from .examples import examples

START = 1_000_000.0
TICK = 0.5
MANY = examples(150, stateful_step_count=40)


class Sleeper:
    """Something with a deadline. What it does when that is over is said by `then`."""

    def __init__(self, name: str, log: list) -> None:
        self.name = name
        self.slot = GONE
        self.deadline = 0.0
        self.then = lambda: None
        self._log = log

    def expired(self) -> None:
        self._log.append(self.name)
        self.then()

    def clock_set(self, by: float) -> None:
        self.deadline += by

    def __repr__(self) -> str:
        return self.name


class WheelTests(SynchronousTestCase):
    """Times are seconds since the start."""

    def setUp(self) -> None:
        self.wheel = Wheel(TICK)
        self.wheel.turn(START)
        self.expired: list[str] = []

    def add(self, name: str, deadline: float) -> Sleeper:
        sleeper = Sleeper(name, self.expired)
        self.wheel.add(sleeper, START + deadline)
        return sleeper

    def leaving(self, name: str, deadline: float) -> Sleeper:
        """One that leaves the wheel when it expires, as a client does that is closed."""
        sleeper = self.add(name, deadline)
        sleeper.then = lambda: self.wheel.remove(sleeper)
        return sleeper

    def put(self, sleeper: Sleeper, deadline: float) -> None:
        self.wheel.put(sleeper, START + deadline)

    def turn(self, until: float, begin: float = 0.0) -> list[str]:
        """Turn tick by tick; who has expired since the last time."""
        ticks = int((until - begin) / TICK)
        for number in range(1, ticks + 1):
            self.wheel.turn(START + begin + number * TICK)
        seen, self.expired[:] = list(self.expired), []
        return seen

    def test_a_deadline_is_told_once_it_is_over_and_not_before(self) -> None:
        for deadline in (0.001, 0.25, 0.499, 0.5, 0.501, 1.0, 7.3, 30.0):
            self.setUp()
            self.leaving("one", deadline)
            times = [tick * TICK for tick in range(100) if self.turn((tick + 1) * TICK, tick * TICK)]
            self.assertEqual(len(times), 1, deadline)
            self.assertGreaterEqual(times[0] + TICK, deadline)
            self.assertLessEqual(times[0] + TICK, deadline + 2 * TICK)
            self.assertEqual(len(self.wheel), 0)

    def test_deadlines_go_with_a_clock_that_is_set(self) -> None:
        for by in (3600.0, -3600.0, 20.0, -20.0):
            self.setUp()
            self.assertEqual(self.wheel.follow(START, 50), 0)
            self.leaving("soon", 5)
            self.leaving("late", 30)
            self.assertEqual(self.wheel.follow(START + 1 + by, 51), by)
            since = self.leaving("since", by + 31)  # noted when the clock was set, and not yet looked at
            self.assertEqual(self.wheel.follow(START + 2 + by, 52.3), 0)
            self.assertEqual(self.turn(by + 4.5, by + 1), [])
            self.assertEqual(self.turn(by + 6, by + 4.5), ["soon"])
            self.assertEqual(self.turn(by + 32, by + 6), ["late", "since"])
            self.assertEqual(since.slot, GONE)

    def test_who_was_given_a_deadline_between_a_clock_set_back_and_the_look_at_it_keeps_it(self) -> None:
        self.wheel.follow(START, 0)
        self.leaving("one", 30).deadline = START - 3600 + 30.2  # by a request
        self.wheel.follow(START - 3600 + 0.5, 0.5)
        self.assertEqual(self.turn(-3600 + 30), [])
        self.assertEqual(self.turn(-3600 + 32, -3600 + 30), ["one"])

    def test_a_deadline_in_the_past_is_told_at_the_next_turn(self) -> None:
        self.leaving("late", -1000.0)
        self.assertEqual(self.turn(TICK), ["late"])

    def test_who_stays_is_told_again_at_every_turn(self) -> None:
        self.add("deaf", 1.0)
        self.assertEqual(self.turn(4.0), ["deaf"] * 6)
        self.assertEqual(len(self.wheel), 1)

    def test_a_deadline_that_moves_away_is_told_at_its_last_place(self) -> None:
        sleeper = self.leaving("busy", 2.0)
        for second in range(1, 100):
            self.put(sleeper, second + 2.0)
            self.assertEqual(self.turn(second, second - 1), [])
        self.assertEqual(self.turn(102.5, 99), ["busy"])

    def test_moving_a_deadline_away_does_not_touch_the_slots(self) -> None:
        sleeper = self.add("busy", 2.0)
        slot, before = sleeper.slot, {number: set(slot) for number, slot in self.wheel._slots.items()}
        for deadline in (2.0, 2.1, 30.0, 86400.0):
            self.put(sleeper, deadline)
            self.assertEqual(self.wheel._slots, before)
            self.assertEqual((sleeper.slot, sleeper.deadline), (slot, START + deadline))

    def test_a_deadline_that_moves_nearer_is_told_in_time(self) -> None:
        sleeper = self.leaving("hurried", 60.0)
        self.put(sleeper, 30.0)
        self.put(sleeper, 1.0)
        self.assertEqual(len(self.wheel), 1)
        self.assertEqual(self.turn(1.5), ["hurried"])
        self.assertEqual(self.turn(70.0, 1.5), [])

    def test_nearer_and_away_again(self) -> None:
        sleeper = self.leaving("undecided", 60.0)
        self.put(sleeper, 1.0)
        self.put(sleeper, 60.0)
        self.assertEqual(self.turn(59.5), [])
        self.assertEqual(self.turn(61.0, 59.5), ["undecided"])

    def test_who_is_removed_is_not_told(self) -> None:
        sleeper = self.add("gone", 1.0)
        self.wheel.remove(sleeper)
        self.wheel.remove(sleeper)
        self.assertEqual(self.turn(5.0), [])
        self.assertEqual(len(self.wheel), 0)

    def test_who_is_gone_is_not_put_back_by_a_late_deadline(self) -> None:
        sleeper = self.add("gone", 1.0)
        self.wheel.remove(sleeper)
        self.put(sleeper, 0.5)
        self.assertEqual((len(self.wheel), self.turn(5.0)), (0, []))

    def test_who_is_removed_by_anothers_expiry_is_not_told(self) -> None:
        both = [self.add("one", 1.0), self.add("other", 1.0)]
        for sleeper in both:
            sleeper.then = lambda: [self.wheel.remove(each) for each in both]
        self.assertEqual(len(self.turn(5.0)), 1)
        self.assertEqual(len(self.wheel), 0)

    def test_who_is_given_time_by_anothers_expiry_is_not_told(self) -> None:
        both = [self.add("one", 1.0), self.add("other", 1.0)]
        for sleeper in both:
            sleeper.then = lambda: [self.wheel.put(each, START + 100.0) for each in both]
        self.assertEqual(len(self.turn(5.0)), 1)
        self.assertEqual(sorted(self.turn(100.5, 5.0)), ["one", "other"])

    def test_who_comes_by_anothers_expiry_is_told_when_it_is_time(self) -> None:
        first = self.leaving("first", 1.0)
        first.then = lambda: (self.wheel.remove(first), self.leaving("second", 1.0))
        self.assertEqual(self.turn(1.5), ["first"])
        self.assertEqual(self.turn(2.5, 1.5), ["second"])

    def test_one_that_fails_does_not_take_the_others_deadlines_with_it(self) -> None:
        def fail() -> None:
            raise ZeroDivisionError

        everybody = [self.leaving(f"{number}", 1.0) for number in range(20)]
        far = self.leaving("far", 1.2)
        self.put(far, 10.0)
        broken = self.add("broken", 1.0)
        broken.then = fail
        self.assertRaises(ZeroDivisionError, self.wheel.turn, START + 1.5)
        self.assertEqual(sorted(self.expired), sorted(["broken", *map(str, range(20))]))
        self.assertEqual([each for each in everybody if each.slot != GONE], [])
        self.assertRaises(ZeroDivisionError, self.wheel.turn, START + 2.0)
        self.wheel.remove(broken)
        del self.expired[:]
        self.assertEqual(self.turn(30.0, 2.0), ["far"])

    def test_after_a_clock_that_jumped_ahead_all_are_told_at_once(self) -> None:
        for number in range(100):
            self.leaving(f"{number}", number * 3.0)
        self.wheel.turn(START + 1e6)
        self.assertEqual(sorted(self.expired, key=int), [str(number) for number in range(100)])
        self.assertEqual(len(self.wheel), 0)

    def test_a_deadline_that_is_given_after_the_clock_was_set_back_is_kept(self) -> None:
        sleeper = self.leaving("idle", 30.0)
        self.put(sleeper, -3600.0 + 5.0)
        self.assertEqual(self.turn(-3600.0 + 4.5, -3600.0), [])
        self.assertEqual(self.turn(-3600.0 + 6.0, -3600.0 + 4.5), ["idle"])

    def test_the_count_is_of_those_who_are_in_it(self) -> None:
        sleepers = [self.add(f"{number}", number * 0.1) for number in range(100)]
        self.assertEqual(len(self.wheel), 100)
        for sleeper in sleepers:
            self.wheel.remove(sleeper)
        self.assertEqual((len(self.wheel), self.wheel._slots), (0, {}))


class Against(RuleBasedStateMachine):
    """The wheel beside a plain list of deadlines; the clock only goes on."""

    @initialize()
    def begin(self) -> None:
        self.wheel = Wheel(TICK)
        self.now = self.turned = START
        self.wheel.turn(self.now)
        self.log: list[str] = []
        self.sleepers: dict[str, Sleeper] = {}
        self.model: dict[str, float] = {}

    @rule(after=st.floats(0, 100))
    def add(self, after: float) -> None:
        name = f"s{len(self.sleepers)}"
        sleeper = self.sleepers[name] = Sleeper(name, self.log)
        sleeper.then = lambda: self.wheel.remove(sleeper)
        self.wheel.add(sleeper, self.now + after)
        self.model[name] = self.now + after

    @precondition(lambda self: self.model)
    @rule(data=st.data(), after=st.floats(0, 100))
    def put(self, data: st.DataObject, after: float) -> None:
        name = data.draw(st.sampled_from(sorted(self.model)))
        self.wheel.put(self.sleepers[name], self.now + after)
        self.model[name] = self.now + after

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.model)))
        self.wheel.remove(self.sleepers[name])
        del self.model[name]

    @rule(seconds=st.floats(0, 2) | st.floats(0, 1000))
    def turn(self, seconds: float) -> None:
        """The wheel is turned every tick or so; sometimes the process is held up for longer."""
        self.now += seconds
        before, self.turned = self.turned, self.now
        self.wheel.turn(self.now)
        told, self.log[:] = sorted(self.log), []
        early = [name for name in told if self.model[name] > self.now]
        # A turn tells everybody whose tick was over before the turn before it, at the latest.
        late = [name for name, deadline in self.model.items() if deadline < min(before, self.now - TICK)]
        assert not early, early
        assert set(late) <= set(told), late
        for name in told:
            del self.model[name]

    @rule(seconds=st.floats(0, 3))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def everybody_is_in_it_once(self) -> None:
        if hasattr(self, "wheel"):
            filed = sorted(sleeper.name for slot in self.wheel._slots.values() for sleeper in slot)
            assert filed == sorted(self.model)
            assert len(self.wheel) == len(filed)


class AgainstAListTests(SynchronousTestCase):
    """What holds whatever is done with the wheel."""

    def test_nobody_expires_early_or_late_or_is_lost(self) -> None:
        run_state_machine_as_test(Against, settings=MANY)
