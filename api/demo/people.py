"""Who has sessions: people who come back, arrive, leave, and take up versions in their own time.

Owns the pool of one product's users. Does not know how a session ends.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from api.demo.columns import uuid_texts
from api.demo.products import Platform, Product
from api.demo.rhythm import DAY_SECONDS, DAYS

_SESSIONS_PER_ACTIVE_DAY = 2.2
_ACTIVITY = (0.6, 1.4)
_PRESENT = 0.6
_THERE_FROM_THE_START = 0.55
_STAY_DAYS = 120.0
_LAGGARDS = 0.04
_LAGGARD_FACTOR = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The users of one product, one element each.

    `names` is what they are called in updates, null for those who never sign in; `activity` how
    likely they are to come on a day; `joined` and `left` bound their time, in Unix seconds;
    `installed` says, per version, since when they run it (one row a user, one column a version).
    """

    names: pa.Array
    activity: npt.NDArray[np.float64]
    joined: npt.NDArray[np.float64]
    left: npt.NDArray[np.float64]
    installed: npt.NDArray[np.float64]


def released_at(product: Product, now_seconds: float) -> npt.NDArray[np.float64]:
    """When each version came out, in Unix seconds."""
    ages = np.array([version.age_days for version in product.versions])
    return now_seconds - ages * DAY_SECONDS


def gather(
    product: Product, *, sessions: int, now_seconds: float, rng: np.random.Generator
) -> People:
    """Make as many users as it takes to have `sessions` sessions in 90 days."""
    a_day = sessions / DAYS / _SESSIONS_PER_ACTIVE_DAY
    mean_activity = _ACTIVITY[0] / sum(_ACTIVITY)
    count = max(1, round(a_day / mean_activity / _PRESENT))
    start = now_seconds - (DAYS + 1) * DAY_SECONDS
    joined = start + rng.uniform(0.0, DAYS * DAY_SECONDS, count)
    joined[rng.random(count) < _THERE_FROM_THE_START] = start
    return People(
        names=_names(product, count, rng),
        activity=rng.beta(*_ACTIVITY, count),
        joined=joined,
        left=joined + rng.exponential(_STAY_DAYS * DAY_SECONDS, count),
        installed=_installed(product, count, now_seconds=now_seconds, rng=rng),
    )


def visitors(
    people: People, midnight: int, *, count: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw the users of `count` sessions of one day, most of whom have several."""
    present = (people.joined < midnight + DAY_SECONDS) & (people.left >= midnight)
    came = rng.random(len(people.activity)) < people.activity
    active = np.flatnonzero(present & came)
    if active.size == 0:
        active = np.arange(len(people.activity))
    return rng.choice(active, count)


def _names(product: Product, count: int, rng: np.random.Generator) -> pa.Array:
    unknown = rng.random(count) < product.temperament.anonymous
    if product.platform is Platform.WEB:
        texts = pa.array([f"user-{number}" for number in range(1, count + 1)])
    else:
        texts = uuid_texts(count, rng)
    return pc.if_else(pa.array(~unknown), texts, pa.scalar(None, pa.string()))


def _installed(
    product: Product, count: int, *, now_seconds: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    patience = np.where(rng.random(count) < _LAGGARDS, _LAGGARD_FACTOR, 1.0)
    released = released_at(product, now_seconds)
    factors = np.array([version.takeup_factor for version in product.versions])
    mean_wait = product.temperament.takeup_days * DAY_SECONDS * factors
    wait = rng.exponential(mean_wait, (count, released.size))
    installed: npt.NDArray[np.float64] = released + wait * patience[:, None]
    installed[:, 0] = -np.inf
    return installed
