"""How finely a question cuts time, and which days it covers whole.

Owns the choice of a grain, and the split of a range into whole days and the hours at its ends. Does
not know tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.day_number import DAY_SECONDS
from engine.window import Window

HOUR_SECONDS: Final = 3600
BLOCK_DAYS: Final = 16
"""So many days are merged: users come again, so a block has far fewer than its days together."""

HOURS_A_DAY: Final = DAY_SECONDS // HOUR_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days `[first, end)` of a range, numbered from 1970-01-01.

    Those in `[whole_first, whole_end)` lie in it from their first to their last second.
    """

    first: int
    end: int
    whole_first: int
    whole_end: int

    @classmethod
    def of(cls, window: Window) -> "Days":
        """Split the range of a window."""
        first, end = window.start // DAY_SECONDS, -(-window.end // DAY_SECONDS)
        whole_first = -(-window.start // DAY_SECONDS)
        whole_end = max(whole_first, window.end // DAY_SECONDS)
        return cls(first=first, end=end, whole_first=whole_first, whole_end=whole_end)

    def whole(self) -> range:
        """List the whole days."""
        return range(self.whole_first, self.whole_end)

    def cut(self) -> tuple[int, ...]:
        """List the days of which only a part lies in the range."""
        return tuple(day for day in range(self.first, self.end) if day not in self.whole())


def blocks_of(days: Days) -> range:
    """List the blocks that lie in the whole days of a range; a block begins on the same grid."""
    return range(-(-days.whole_first // BLOCK_DAYS), days.whole_end // BLOCK_DAYS)


def block_of(day: int) -> int:
    """Give the block that a day lies in."""
    return day // BLOCK_DAYS


def days_of_block(block: int) -> range:
    """List the days of a block."""
    return range(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS)


def hours_of(window: Window, day: int) -> Iterator[int]:
    """List the hours of a day, from 0, that lie in the range."""
    for hour in range(HOURS_A_DAY):
        second = day * DAY_SECONDS + hour * HOUR_SECONDS
        if window.start <= second < window.end:
            yield hour


def bucket_of(window: Window, day: int, hour: int = 0) -> int:
    """Give the bucket that an hour lies in, or the one that a day begins."""
    return (day * DAY_SECONDS + hour * HOUR_SECONDS - window.start) // window.step
