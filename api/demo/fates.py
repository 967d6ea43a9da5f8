"""How sessions end: drawn outcomes, durations, and the updates that tell of them.

Owns the shares and the shape of an update stream. Does not know people or days.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from api.demo.products import Product
from schema.session import Outcome

OUTCOMES = (
    Outcome.CRASHED,
    Outcome.ABNORMAL,
    Outcome.UNHANDLED,
    Outcome.ERRORED,
    Outcome.HEALTHY,
)
"""What a fate's code stands for, worst first."""

_CRASHED, _ABNORMAL, _UNHANDLED, _ERRORED, _HEALTHY = range(5)
_TOLD_TWICE = np.array((1.0, 1.0, 1.0, 0.6, 0.04))
"""How many of the sessions of each outcome say that they begin before they say how they end."""

_MEDIAN_SECONDS = 95.0
_SPREAD = 1.25
_LONGEST_SECONDS = 6 * 3600.0
_LATE_CRASHES = 0.3
_LATE_SECONDS = 9 * 3600.0
_FOREGROUND = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """How each session goes, one element a session.

    `outcome` is an index into `OUTCOMES`; `lasted` and `told_after` are seconds from its start to
    its end and to the update that tells it; `foreground` only matters to an abnormal one.
    """

    outcome: npt.NDArray[np.int64]
    errors: npt.NDArray[np.int64]
    lasted: npt.NDArray[np.float64]
    told_after: npt.NDArray[np.float64]
    twice: npt.NDArray[np.bool_]
    foreground: npt.NDArray[np.bool_]


def draw(product: Product, versions: npt.NDArray[np.int64], rng: np.random.Generator) -> Fates:
    """Decide how sessions of these versions (as indices) go."""
    count = versions.size
    outcome = (rng.random(count)[:, None] >= _thresholds(product)[versions]).sum(axis=1)
    lasted = np.minimum(
        rng.lognormal(np.log(_MEDIAN_SECONDS), _SPREAD, count), _LONGEST_SECONDS
    ).round(3)
    late = (outcome == _CRASHED) & (rng.random(count) < _LATE_CRASHES)
    return Fates(
        outcome=outcome,
        errors=np.where(outcome == _HEALTHY, 0, rng.geometric(0.7, count)),
        lasted=lasted,
        told_after=lasted + np.where(late, rng.exponential(_LATE_SECONDS, count), 0.0),
        twice=rng.random(count) < _TOLD_TWICE[outcome],
        foreground=rng.random(count) < _FOREGROUND,
    )


def count_outcomes(
    product: Product,
    versions: npt.NDArray[np.int64],
    *,
    mean_sessions: float,
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Count the sessions of pre-counted rows: one line a row, one column an outcome."""
    reached = _thresholds(product)[versions]
    shares = np.diff(reached, prepend=0.0, append=1.0)
    return rng.poisson(shares * rng.gamma(2.0, mean_sessions / 2.0, (versions.size, 1)))


def _thresholds(product: Product) -> npt.NDArray[np.float64]:
    temperament = product.temperament
    factors = np.array([version.crash_factor for version in product.versions])
    shares = np.empty((factors.size, 4))
    shares[:, _CRASHED] = temperament.crashed * factors
    shares[:, _ABNORMAL] = temperament.abnormal
    shares[:, _UNHANDLED] = temperament.unhandled
    shares[:, _ERRORED] = temperament.errored
    return np.cumsum(shares, axis=1)
