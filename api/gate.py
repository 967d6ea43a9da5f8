"""How many questions are answered at once, and how many may wait for how long.

Owns the turns. Does not know what a question is.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.errors import Overloaded

_WAITING_PER_TURN = 4


class Gate:
    """Lets `turns` threads through at a time; each of the others waits, or is turned away.

    A thread is turned away after `patience_seconds`, or at once where `waiting` threads wait.
    """

    def __init__(self, *, turns: int, patience_seconds: float) -> None:
        """Open the gate."""
        self.turns = turns
        self.waiting = turns * _WAITING_PER_TURN
        self._patience_seconds = patience_seconds
        self._free = threading.BoundedSemaphore(turns)
        self._places = threading.BoundedSemaphore(self.waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a turn for the length of a `with` block.

        Raises:
            Overloaded: no turn came free in time.

        """
        if not self._free.acquire(blocking=False):
            self._wait()
        try:
            yield
        finally:
            self._free.release()

    def _wait(self) -> None:
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            if not self._free.acquire(timeout=self._patience_seconds):
                raise Overloaded
        finally:
            self._places.release()
