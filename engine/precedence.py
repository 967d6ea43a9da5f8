"""Who goes first: a question that is being answered, before those who write.

Owns how long a thread waits for questions. Does not know what is asked, nor what others write.

The interpreter runs one thread at a time. A question of some milliseconds would take several times
as long beside a few threads that write; who writes hardly feels to wait for it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

MOST_SECONDS: Final = 0.02
"""So long after its begin a question goes first: short ones need less, and a sender that waits for
the disk hardly notices it. One that takes longer goes on beside the others, and so does the one
after it, which is likely to take long, too: it would be waited for in vain."""


class Precedence:
    """Keeps account of the questions under way. May be used from any thread."""

    def __init__(
        self,
        *,
        most_seconds: float = MOST_SECONDS,
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Begin without questions; `seconds` is what durations are read from."""
        self._most = most_seconds
        self._seconds = seconds
        self._change = threading.Condition(threading.Lock())
        self._begun: dict[object, float] = {}
        """When each question under way began, in that order."""
        self._busy_until = seconds()
        self._took_long = False

    @contextmanager
    def question(self) -> Iterator[None]:
        """Go first until the end of the block."""
        question = object()
        with self._change:
            self._begun[question] = self._seconds()
        try:
            yield
        finally:
            with self._change:
                self._took_long = self._seconds() - self._begun.pop(question) > self._most
                if not self._begun:
                    self._change.notify_all()

    def give_way(self) -> None:
        """Wait until no question is under way, or until the youngest is no longer a short one.

        After a wait nobody waits for as long as it took, so that those who write keep at least half
        of their time, however many questions come.
        """
        if not self._begun or self._took_long:
            return
        with self._change:
            began = self._seconds()
            left = self._left(began)
            if left > 0 and began >= self._busy_until:
                self._change.wait_for(lambda: not self._begun, left)
                ended = self._seconds()
                self._busy_until = max(self._busy_until, ended + (ended - began))

    def _left(self, now: float) -> float:
        """Give how long the youngest question still goes first; one that begins later is not it."""
        youngest = next(reversed(self._begun.values()), None)
        return 0.0 if youngest is None else youngest + self._most - now
