"""Envelopes that wait a moment, so that a question which has just arrived is begun and answered.

Owns how long, and the order. Does not know what an envelope is. Used from one thread, that of the
event loop.

That thread begins questions and sends answers, between the envelopes it takes up. A burst of these
would be worked off first; to put them into a queue is far less work.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

DEFERRED_SECONDS: Final = 0.01
"""Nothing waits longer, nor for a question that arrived longer ago: it is about what a short one
takes with its way to and fro, and not much beside what an envelope waits for the disk."""


class Deferral:
    """Keeps account of the questions that are not answered yet, and what waits for them."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Begin without questions; `seconds` is what durations are read from."""
        self._seconds = seconds
        self._arrived: dict[object, float] = {}
        """When each question arrived, in that order."""
        self._queue: deque[Callable[[], None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def question(self) -> Iterator[None]:
        """Let envelopes wait until the end of the block, or not so long."""
        question = object()
        self._arrived[question] = self._seconds()
        try:
            yield
        finally:
            del self._arrived[question]
            if self._queue and not self._arrived:
                # Not at once: the loop writes the answer to its socket at the end of its turn.
                asyncio.get_running_loop().call_soon(self._take_up_all)

    def take_up(self, envelope: Callable[[], None]) -> None:
        """Call it: now, or in a moment if a question has just arrived; in the order of calls."""
        if not self._queue:
            if not self._is_to_wait():
                envelope()
                return
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(DEFERRED_SECONDS, self._take_up_all)
        self._queue.append(envelope)

    def _is_to_wait(self) -> bool:
        youngest = next(reversed(self._arrived.values()), None)
        return youngest is not None and self._seconds() - youngest < DEFERRED_SECONDS

    def _take_up_all(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            while self._queue:
                self._queue.popleft()()
        finally:  # one may have failed, and was to tell it; the others are not to wait for ever
            if self._queue:
                asyncio.get_running_loop().call_soon(self._take_up_all)
