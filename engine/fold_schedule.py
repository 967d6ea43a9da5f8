"""When updates that are on disk are folded: soon, but not for each of them.

Owns the moments, and the thread that folds, so that nobody who puts updates on disk waits for it.
Does not know how anything is folded.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

REST_SECONDS: Final = 0.2
LONGEST_REST_SECONDS: Final = 0.8
_REST_TIMES: Final = 4
"""At least the first lies between two folds, and so many times as long as a fold took, so that they
take a small part of the time; what was written meanwhile shows in answers after that and the time
of a fold, so there is a limit to it."""

FEW_ROWS: Final = 100
"""A question waits until so many updates are folded; where more come, it is answered meanwhile."""

MUCH_ROWS: Final = 8_000
"""So many wait no longer: a fold of more would keep those who write from the disk for too long."""

MANY_ROWS: Final = 200_000
"""Where so many wait, no more are taken until they are folded: else they would show ever later."""

RETRY_SECONDS: Final = 1.0
"""A fold that failed is tried again after this; what it was to fold is on disk."""


class FoldSchedule:
    """Keeps account of what waits to be folded; the thread that folds starts with the first."""

    def __init__(
        self, fold: Callable[[], object], *, give_way: Callable[[], None] = lambda: None
    ) -> None:
        """Fold with `fold`, which folds everything that is on disk.

        `give_way` is called before a fold that nobody waits for, and returns when it may begin.
        """
        self._fold = fold
        self._give_way = give_way
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._next = self._soonest = time.monotonic()
        self._written = self._folded = self._settling = 0
        self._failing = self._closed = False
        self.failed = 0
        """How many folds have failed so far."""

    @property
    def rows(self) -> int:
        """Count the rows that wait."""
        return self._written - self._folded

    @property
    def few(self) -> bool:
        """Say whether so little waits that folding it takes no longer than a question may wait."""
        return 0 < self.rows <= FEW_ROWS and not self._failing

    @property
    def awaited(self) -> bool:
        """Say whether somebody waits for a fold."""
        return self._closed or self._settling > 0

    def note(self, rows: int) -> None:
        """Note that rows were written, which are folded in a moment."""
        with self._change:
            waited = self.rows
            self._written += rows
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="folds", daemon=True)
                self._thread.start()
            elif not waited or waited < MUCH_ROWS <= self.rows:
                self._change.notify_all()

    def settle(self, timeout: float | None = None) -> None:
        """Let what waits by now be folded at once; wait for that, or until it has failed."""
        with self._change:
            until = self._written
            self._next = time.monotonic()
            self._change.notify_all()
            self._settling += 1
            try:
                self._change.wait_for(lambda: self._folded >= until or self._failing, timeout)
            finally:
                self._settling -= 1

    def keep_up(self) -> None:
        """Wait while very much waits, unless it cannot be folded."""
        if self.rows > MANY_ROWS:
            with self._change:
                self._change.wait_for(lambda: self.rows <= MANY_ROWS or self._failing)

    def close(self) -> None:
        """Fold what waits, and end the thread."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._wait():
            self._fold_all()
        if self.rows:
            self._fold_all()

    def _wait(self) -> bool:
        """Wait until it is time to fold; False means the end."""
        with self._change:
            while not self._closed:
                due = self._next if self.rows < MUCH_ROWS else min(self._next, self._soonest)
                left = max(0.0, due - time.monotonic()) if self.rows else None
                if left == 0:
                    return True
                self._change.wait(left)
        return False

    def _fold_all(self) -> None:
        """Fold what waits; a failure is counted, and what waits is folded later."""
        if not self.awaited:
            self._give_way()
        before, began = self._written, time.monotonic()
        try:
            self._fold()
        except Exception:  # noqa: BLE001  (whatever it is, the updates are on disk and tried again)
            folded = self._folded
        else:
            folded = before
        with self._change:
            self._failing = folded < before
            self.failed += self._failing
            self._folded = folded
            self._rest(time.monotonic(), began)
            self._change.notify_all()

    def _rest(self, now: float, began: float) -> None:
        if self._failing:
            self._next = self._soonest = now + RETRY_SECONDS
            return
        long = min(_REST_TIMES * (now - began), LONGEST_REST_SECONDS)
        self._soonest = now + REST_SECONDS
        self._next = max(self._soonest, now + long)
