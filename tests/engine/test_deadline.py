"""What takes too long is stopped, and what does not is left alone."""

import threading
import time

import pytest

from engine.deadline import Deadlines

SHORT_SECONDS = 0.02
LONG_SECONDS = 60.0


def test_what_takes_too_long_is_stopped() -> None:
    """Once the time is over, `stop` is called from another thread and the event is set."""
    stoppers: list[str] = []
    stopped = threading.Event()

    def stop() -> None:
        stoppers.append(threading.current_thread().name)
        stopped.set()

    with Deadlines().within(SHORT_SECONDS, stop) as over:
        assert stopped.wait(LONG_SECONDS)
        assert over.is_set()

    assert stoppers == ["deadlines"]


def test_what_ends_in_time_is_left_alone() -> None:
    """A block that ends in time is not stopped, neither then nor later."""
    stopped = threading.Event()
    deadlines = Deadlines()

    with deadlines.within(SHORT_SECONDS, stopped.set) as over:
        pass

    time.sleep(3 * SHORT_SECONDS)
    assert not stopped.is_set()
    assert not over.is_set()


def test_failure_calls_the_limit_off() -> None:
    """A block that raises is not stopped later."""
    stopped = threading.Event()
    deadlines = Deadlines()

    with pytest.raises(ZeroDivisionError), deadlines.within(SHORT_SECONDS, stopped.set):
        raise ZeroDivisionError

    time.sleep(3 * SHORT_SECONDS)
    assert not stopped.is_set()


def test_a_shorter_limit_overtakes_a_longer_one() -> None:
    """Of several limits the first one due is the first one kept."""
    deadlines, late, soon = Deadlines(), threading.Event(), threading.Event()

    with (
        deadlines.within(LONG_SECONDS, late.set) as one,
        deadlines.within(SHORT_SECONDS, soon.set) as two,
    ):
        assert soon.wait(LONG_SECONDS)

    assert two.is_set()
    assert not one.is_set()
    assert not late.is_set()


def test_limits_go_on_after_one_was_kept() -> None:
    """The watching thread serves one limit after the other."""
    deadlines = Deadlines()

    for _ in range(3):
        stopped = threading.Event()
        with deadlines.within(SHORT_SECONDS, stopped.set):
            assert stopped.wait(LONG_SECONDS)


def test_many_limits_share_one_thread() -> None:
    """A limit costs no thread of its own."""
    deadlines = Deadlines()
    with deadlines.within(LONG_SECONDS, lambda: None):
        before = threading.active_count()

    for _ in range(1000):
        with deadlines.within(LONG_SECONDS, lambda: None):
            pass

    assert threading.active_count() <= before


def test_limits_of_many_threads_are_kept_apart() -> None:
    """Only the blocks that take too long are stopped, whichever thread they run in."""
    deadlines, outcomes = Deadlines(), dict[int, bool]()

    def work(number: int) -> None:
        slow = number % 2 == 0
        stopped = threading.Event()
        with deadlines.within(SHORT_SECONDS if slow else LONG_SECONDS, stopped.set) as over:
            if slow:
                stopped.wait(LONG_SECONDS)
        outcomes[number] = over.is_set()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == {number: number % 2 == 0 for number in range(12)}
