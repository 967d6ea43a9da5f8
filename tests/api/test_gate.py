"""Questions take turns."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import perf_counter

import pytest

from api.errors import Overloaded
from api.gate import Gate


def test_turns_come_back() -> None:
    """A turn is free again after its block, also after one that failed."""
    gate = Gate(turns=1, patience_seconds=0)
    for _ in range(3):
        with pytest.raises(ValueError, match="inside"), gate.turn():
            raise ValueError("inside")

    with gate.turn():
        pass


def test_waiting_ends() -> None:
    """Who gets no turn in time is turned away."""
    gate = Gate(turns=1, patience_seconds=0.05)
    started = perf_counter()

    with gate.turn(), pytest.raises(Overloaded), gate.turn():
        pass

    assert perf_counter() - started >= 0.05


def test_waiting_pays() -> None:
    """Who waits gets the turn that comes free."""
    gate = Gate(turns=1, patience_seconds=30)
    inside = Event()

    def take() -> bool:
        with gate.turn():
            return inside.is_set()

    with ThreadPoolExecutor(1) as pool:
        with gate.turn():
            waiting = pool.submit(take)
            inside.set()
        assert waiting.result(timeout=30)


def test_only_so_many_wait() -> None:
    """Beyond that nobody is kept waiting."""
    gate = Gate(turns=1, patience_seconds=30)

    def take() -> bool:
        try:
            with gate.turn():
                return True
        except Overloaded:
            return False

    with ThreadPoolExecutor(gate.waiting + 3) as pool:
        with gate.turn():
            tries = [pool.submit(take) for _ in range(gate.waiting + 3)]
            while sum(done.done() for done in tries) < 3:
                pass
        assert sum(done.result(timeout=30) for done in tries) == gate.waiting
