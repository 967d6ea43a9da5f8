"""When updates that are on disk are folded: soon, but not for each of them.

Owns the moments. One thread folds; others may ask. Does not know how anything is folded.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

REST_SECONDS: Final = 0.2
"""At least this long lies between two folds, so that they take a small part of the time; what was
written meanwhile shows in answers after this and the time of a fold."""

FEW_ROWS: Final = 100
"""A question waits until so many updates are folded; where more come, it is answered meanwhile."""

RETRY_SECONDS: Final = 1.0
"""A fold that failed is tried again after this; what it was to fold is on disk."""


class FoldSchedule:
    """Keeps account of what waits to be folded, and since when."""

    def __init__(self, fold: Callable[[], object]) -> None:
        """Fold with `fold`, which folds everything that is on disk."""
        self._fold = fold
        self._lock = threading.Lock()
        self._next = time.monotonic()
        self._written = self._folded = 0
        self._failing = False
        self.failed = 0
        """How many folds have failed so far."""

    @property
    def rows(self) -> int:
        """Count the rows that wait."""
        return self._written - self._folded

    @property
    def waits(self) -> bool:
        """Say whether something waits, and folding it has not failed."""
        return self._written > self._folded and not self._failing

    @property
    def few(self) -> bool:
        """Say whether so little waits that folding it takes no longer than a question may wait."""
        return self.waits and self.rows <= FEW_ROWS

    def note(self, rows: int) -> None:
        """Note that rows were written."""
        self._written += rows

    def due(self) -> bool:
        """Say whether it is time to fold."""
        return self._written > self._folded and time.monotonic() >= self._next

    def seconds_left(self) -> float | None:
        """Give the time until something has to be folded; None if nothing waits."""
        if self._written == self._folded:
            return None
        return max(0.0, self._next - time.monotonic())

    def hurry(self) -> None:
        """Let what waits be folded at once."""
        with self._lock:
            self._next = time.monotonic()

    def fold(self) -> None:
        """Fold what waits; a failure is counted, and what waits is folded later."""
        before = self._written
        if before == self._folded:
            return
        try:
            self._fold()
        except Exception:  # noqa: BLE001  (whatever it is, the updates are on disk and tried again)
            self.failed += 1
            self._failing = True
            rest = RETRY_SECONDS
        else:
            self._folded, self._failing = before, False
            rest = REST_SECONDS
        with self._lock:
            self._next = time.monotonic() + rest
