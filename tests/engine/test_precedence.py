"""Questions go first: who gives way waits for them, for a while, and not all the time."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from engine.precedence import Precedence

WAIT_SECONDS = 60
MOST_SECONDS = 10 * WAIT_SECONDS
"""So long that who waits in vain fails the test."""


class Watch:
    """Seconds that stand still until they are set; counts how often they were read."""

    def __init__(self) -> None:
        """Begin at nought."""
        self.seconds = 0.0
        self.reads = 0

    def __call__(self) -> float:
        """Give the seconds."""
        self.reads += 1
        return self.seconds


class Street:
    """A precedence, somebody who gives way, and what happened in which order."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.watch = Watch()
        self.precedence = Precedence(most_seconds=MOST_SECONDS, seconds=self.watch)
        self.log: list[str] = []
        self.pool = ThreadPoolExecutor(4)

    def give_way(self) -> "Future[None]":
        """Give way, in another thread."""

        def giving() -> None:
            self.precedence.give_way()
            self.log.append("gone on")

        return self.pool.submit(giving)

    def ask(self, until: Callable[[], object]) -> None:
        """Ask a question; while somebody waits for it, do something."""
        with self.precedence.question():
            before = self.watch.reads
            giving = self.give_way()
            while self.watch.reads == before:
                time.sleep(0.001)
            time.sleep(0.01)
            until()
            self.log.append("ended")
        giving.result(WAIT_SECONDS)


def test_without_questions_nobody_waits() -> None:
    """Neither before the first, nor after the last."""
    precedence = Precedence(most_seconds=MOST_SECONDS)
    precedence.give_way()
    with precedence.question(), precedence.question():
        pass
    precedence.give_way()


def test_who_gives_way_goes_on_when_all_questions_have_ended() -> None:
    """The end of one of two is not enough."""
    street = Street()

    def another() -> None:
        with street.precedence.question():
            time.sleep(0.01)
        time.sleep(0.01)

    street.ask(another)

    assert street.log == ["ended", "gone on"]


def test_a_question_that_fails_has_ended() -> None:
    """Whatever ends it."""
    precedence = Precedence(most_seconds=MOST_SECONDS)
    with pytest.raises(KeyError), precedence.question():
        raise KeyError
    precedence.give_way()


def test_nobody_waits_for_a_question_that_takes_long() -> None:
    """It had its time; a younger one beside it is waited for, until both have ended."""
    street = Street()
    with street.precedence.question():
        street.watch.seconds = MOST_SECONDS
        street.give_way().result(WAIT_SECONDS)
        asking = street.pool.submit(street.ask, lambda: None)
        while len(street.log) < 2:
            time.sleep(0.001)
    asking.result(WAIT_SECONDS)

    assert street.log == ["gone on", "ended", "gone on"]


def test_nobody_waits_for_the_question_after_one_that_took_long() -> None:
    """It is likely to be of the same kind; if it is not, the next one is waited for again."""
    street = Street()
    with street.precedence.question():
        street.watch.seconds = MOST_SECONDS + 1
    with street.precedence.question():
        street.give_way().result(WAIT_SECONDS)
    street.ask(lambda: None)

    assert street.log == ["gone on", "ended", "gone on"]


def test_a_wait_has_an_end() -> None:
    """However long the question takes."""
    precedence = Precedence(most_seconds=0.01)
    with precedence.question():
        precedence.give_way()
        precedence.give_way()


def test_who_waited_is_free_for_as_long() -> None:
    """Questions that come all the time leave half of it to the others."""
    street = Street()

    def until(seconds: float) -> Callable[[], None]:
        return lambda: setattr(street.watch, "seconds", seconds)

    street.ask(until(5))
    with street.precedence.question():
        street.watch.seconds = 9.9
        street.give_way().result(WAIT_SECONDS)
    assert street.log == ["ended", "gone on", "gone on"]

    street.watch.seconds = 10
    street.ask(until(11))
    assert street.log[3:] == ["ended", "gone on"]
