"""Time limits: something to do unless it is called off in time.

Owns one watching thread for all limits, since starting a thread for each costs more than a small
answer. Does not know what is limited.
"""

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count


@dataclass(order=True, slots=True)
class _Limit:
    """One limit; `order` decides between equal moments, and one without `stop` was called off."""

    moment: float
    order: int
    stop: Callable[[], None] | None = field(compare=False)
    over: threading.Event = field(compare=False, default_factory=threading.Event)


class Deadlines:
    """Watches limits, from the first one on until the process ends."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._limits: list[_Limit] = []
        self._changed = threading.Condition()
        self._orders = count()
        self._watching = False

    @contextmanager
    def within(self, seconds: float, stop: Callable[[], None]) -> Iterator[threading.Event]:
        """Call `stop` from another thread, and set the event, if the block takes longer."""
        limit = _Limit(moment=time.monotonic() + seconds, order=next(self._orders), stop=stop)
        with self._changed:
            heapq.heappush(self._limits, limit)
            self._start()
            if self._limits[0] is limit:
                self._changed.notify()
        try:
            yield limit.over
        finally:
            with self._changed:
                limit.stop = None

    def _start(self) -> None:
        if not self._watching:
            self._watching = True
            threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._wait()
                due = heapq.heappop(self._limits)
                if due.stop is not None:
                    due.over.set()
                    due.stop()

    def _wait(self) -> None:
        """Return when the first limit is due or was called off."""
        while True:
            while self._limits and self._limits[0].stop is None:
                heapq.heappop(self._limits)
            if not self._limits:
                self._changed.wait()
                continue
            left = self._limits[0].moment - time.monotonic()
            if left <= 0:
                return
            self._changed.wait(left)
