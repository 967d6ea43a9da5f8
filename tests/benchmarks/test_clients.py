"""Several clients at once: every question is asked once, and a connection by one at a time."""

import threading
import time

import pytest

from benchmarks.race.clients import at_once


def test_all_questions_are_asked_over_all_connections() -> None:
    """Answers come in the order of the questions; connections are busy at the same time."""
    both = threading.Barrier(2, timeout=30)

    def ask(connection: list[int], question: int) -> int:
        connection.append(question)
        assert len(connection) == 1, "somebody else uses this connection"
        both.wait()
        time.sleep(0.001)
        connection.clear()
        return question * 2

    answers, seconds = at_once([[], []], ask, range(6), within=60)

    assert answers == [0, 2, 4, 6, 8, 10]
    assert seconds > 0


def test_failure_is_told() -> None:
    """A question that fails ends the whole, and keeps nobody waiting for the connection."""

    def ask(_connection: str, question: int) -> float:
        return 1 / question

    with pytest.raises(ZeroDivisionError):
        at_once(["only one"], ask, [0, 1, 2], within=60)


def test_nothing_is_begun_too_late() -> None:
    """What could not be begun within the time has no answer."""
    answers, _ = at_once([None], lambda _, question: question, [1, 2], within=-1.0)

    assert answers == [None, None]
