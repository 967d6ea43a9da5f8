"""The aligned range of an answer and its buckets.

Owns alignment: both ends go outwards to the grid of the interval, counted from the Unix epoch.
Everything here is half-open, in whole Unix seconds. Does not know SQL.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from engine.dates import MICROSECONDS, read_period
from engine.day_number import DAY_SECONDS
from engine.errors import InvalidDates, InvalidInterval, TooManyPoints
from engine.limits import INTERVAL_WORDS, Limits

DEFAULT_INTERVAL_SECONDS: Final = 3600
TOO_MANY_BUCKETS: Final = (
    "Your interval and date range would create too many results."
    " Use a larger interval, or a smaller date range."
)
_FIRST_SECOND: Final = int(datetime(1, 1, 1, tzinfo=UTC).timestamp())
_LAST_SECOND: Final = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`[start, start + step * count)` in Unix seconds, cut into `count` buckets of `step`."""

    start: int
    step: int
    count: int

    @property
    def end(self) -> int:
        """Give the first second after the range."""
        return self.start + self.step * self.count


def read_interval(text: str | None, limits: Limits) -> int:
    """Read the bucket length in seconds: a multiple of the smallest that divides one day."""
    if not text:
        seconds: int | None = DEFAULT_INTERVAL_SECONDS
    else:
        seconds = read_period(text)
    if seconds is None:
        message = f"Invalid interval: {text!r}"
        raise InvalidInterval(message)
    smallest = limits.smallest_interval_seconds
    if seconds < smallest or seconds % smallest:
        words = INTERVAL_WORDS[smallest]
        message = f"The interval has to be a multiple of the minimum interval of {words}."
        raise InvalidInterval(message)
    if seconds > DAY_SECONDS:
        message = "The interval has to be less than one day."
        raise InvalidInterval(message)
    if DAY_SECONDS % seconds:
        message = "The interval should divide one day without a remainder."
        raise InvalidInterval(message)
    return seconds


def align(start: int, end: int, now: int, *, step: int, limits: Limits) -> Window:
    """Align a raw range in Unix microseconds; a start in the future is pulled back to `now`."""
    width = step * MICROSECONDS
    first = min(start, now) // width
    count = -((first * width - end) // width)
    if count > limits.buckets:
        raise TooManyPoints(TOO_MANY_BUCKETS)
    window = Window(start=first * step, step=step, count=count)
    if window.start < _FIRST_SECOND or window.end > _LAST_SECOND:
        message = "Invalid date range: the range leaves the calendar"
        raise InvalidDates(message)
    return window
