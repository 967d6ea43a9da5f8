"""How much each key has sent in the running minute.

Owns the counts. Does not know what happens to a key over its limit, nor what is counted. Used from
one thread.
"""

import math
from dataclasses import dataclass
from datetime import datetime

_WINDOW_SECONDS = 60


@dataclass(slots=True)
class _Window:
    minute: int
    quantity: int = 0


class Rates:
    """Counts by key, in minutes of the clock; what is beyond the current minute is forgotten."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._windows: dict[str, _Window] = {}

    def pause_seconds(self, key: str, limit: int | None, now: datetime) -> int:
        """Say for how many seconds a key has to pause; 0 if it may send."""
        if limit is None or self._window(key, now).quantity < limit:
            return 0
        return math.ceil(_WINDOW_SECONDS - now.timestamp() % _WINDOW_SECONDS)

    def spend(self, key: str, quantity: int, now: datetime) -> None:
        """Count what a key has sent."""
        self._window(key, now).quantity += quantity

    def give_back(self, key: str, quantity: int, now: datetime) -> None:
        """Forget what was counted at `now`, since it was not kept; a minute that is over stays."""
        window = self._windows.get(key)
        if window is not None and window.minute == int(now.timestamp() // _WINDOW_SECONDS):
            window.quantity -= quantity

    def _window(self, key: str, now: datetime) -> _Window:
        minute = int(now.timestamp() // _WINDOW_SECONDS)
        window = self._windows.get(key)
        if window is None or window.minute != minute:
            window = self._windows[key] = _Window(minute)
        return window
