"""When sessions happen: how many fall on each day, and at which moment of it.

Owns the daily and weekly rhythm. Does not know who has the sessions or how they end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from api.demo.products import Platform, Product

DAYS = 90
DAY_SECONDS = 86_400
ROWS_PER_SERVER_ROW = 50
"""So many sessions are sent one by one for each pre-counted row of a server."""

_MONDAY_EPOCH_DAY = 4
_WEEKEND = 5
_GROWTH = 0.15
_RESTLESSNESS = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The part `[low, high)`, in seconds since midnight, of the UTC day beginning at `midnight`."""

    midnight: int
    low: float
    high: float

    @property
    def is_weekend(self) -> bool:
        """Saturday and Sunday."""
        return (self.midnight // DAY_SECONDS - _MONDAY_EPOCH_DAY) % 7 >= _WEEKEND


def days_until(now: datetime) -> tuple[Day, ...]:
    """Cut the 90 days up to `now` (aware) at midnight, oldest first."""
    end = now.timestamp()
    start = (now - timedelta(days=DAYS)).timestamp()
    first = int(start // DAY_SECONDS)
    last = int(-(-end // DAY_SECONDS))
    midnights = tuple(day * DAY_SECONDS for day in range(first, last))
    return tuple(
        Day(
            midnight=midnight,
            low=max(start - midnight, 0.0),
            high=min(end - midnight, float(DAY_SECONDS)),
        )
        for midnight in midnights
    )


def allot(
    products: tuple[Product, ...], days: tuple[Day, ...], *, sessions: int, seed: int
) -> npt.NDArray[np.int64]:
    """Share out rows: one line a product, one column a day.

    The products of people get `sessions` rows together; those of servers get their pre-counted
    rows on top.
    """
    rng = np.random.default_rng((seed, 1))
    weights = np.array([[_weight(product, day) for day in days] for product in products])
    weights *= np.linspace(1.0, 1.0 + _GROWTH, len(days))
    weights *= rng.lognormal(0.0, _RESTLESSNESS, weights.shape)
    servers = np.array([product.platform is Platform.SERVER for product in products])
    rows = np.zeros(weights.shape, np.int64)
    rows[~servers] = _spread(weights[~servers], sessions, rng)
    rows[servers] = _spread(weights[servers], -(-sessions // ROWS_PER_SERVER_ROW), rng)
    return rows


def moments(
    product: Product, day: Day, *, count: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draw `count` moments of the day, in Unix seconds, more of them where the hours are busy."""
    edges, reached = _hours_reached(product)
    low, high = np.interp((day.low, day.high), edges, reached)
    seconds = np.interp(rng.uniform(low, high, count), reached, edges)
    return day.midnight + np.clip(seconds, day.low, np.nextafter(day.high, 0.0))


def _hours_reached(product: Product) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    edges = np.linspace(0.0, DAY_SECONDS, len(product.hours) + 1)
    reached = np.concatenate(([0.0], np.cumsum(product.hours))) / sum(product.hours)
    return edges, reached


def _weight(product: Product, day: Day) -> float:
    edges, reached = _hours_reached(product)
    low, high = np.interp((day.low, day.high), edges, reached)
    return float(high - low) * product.weight * (product.weekend if day.is_weekend else 1.0)


def _spread(
    weights: npt.NDArray[np.float64], total: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    return rng.multinomial(total, weights.ravel() / weights.sum()).reshape(weights.shape)
