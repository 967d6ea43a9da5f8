"""When each version was taken up and given up, judged by its share of a day's rows.

Owns the thresholds of adoption. Does not know where the counts come from.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from api.demo.rhythm import DAY_SECONDS, Day

_ADOPTED_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Since when a version is (or was) adopted, and since when it is no longer; None for never."""

    adopted: datetime | None
    unadopted: datetime | None


def judge(
    rows: npt.NDArray[np.int64], days: tuple[Day, ...], now: datetime
) -> tuple[Adoption | None, ...]:
    """Judge each version (a column of `rows`, one line a day); None for one that never was seen."""
    totals = rows.sum(axis=1, keepdims=True)
    shares = np.divide(rows, totals, out=np.zeros(rows.shape), where=totals > 0)
    return tuple(
        _judge_one(shares[:, version], days, now) if rows[:, version].any() else None
        for version in range(rows.shape[1])
    )


def _judge_one(shares: npt.NDArray[np.float64], days: tuple[Day, ...], now: datetime) -> Adoption:
    strong = np.flatnonzero(shares >= _ADOPTED_SHARE)
    if strong.size == 0:
        return Adoption(adopted=None, unadopted=None)
    last = int(strong[-1])
    over = last < len(days) - 1
    return Adoption(
        adopted=_end_of(days[int(strong[0])], now),
        unadopted=_end_of(days[last + 1], now) if over else None,
    )


def _end_of(day: Day, now: datetime) -> datetime:
    return min(datetime.fromtimestamp(day.midnight + DAY_SECONDS, UTC), now)
