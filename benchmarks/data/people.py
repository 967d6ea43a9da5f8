"""Who has sessions: people who come back often or seldom, once or many times on a day.

Owns the pool of one project's users. Does not know how a session ends.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from api.demo.columns import uuid_texts
from api.demo.products import ENVIRONMENT_SHARES, ENVIRONMENTS, Platform, Product
from api.demo.rhythm import DAY_SECONDS, DAYS

_SESSIONS_PER_ACTIVE_DAY = 2.0
_ACTIVITY = {Platform.WEB: (0.2, 3.3)}
_USUAL_ACTIVITY = (0.35, 2.0)
"""Shapes of the beta distribution of how likely a person is to come on a day."""

_PRESENT = 0.6
_THERE_FROM_THE_START = 0.55
_STAY_DAYS = 120.0
_EAGERNESS_SPREAD = 1.1
_LAGGARDS = 0.04
_LAGGARD_FACTOR = 12.0
_SHARED_ACCOUNTS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The users of one project, one element each.

    `names` is what they are called in updates, null for those who never sign in; `activity` how
    likely they come on a day, and `eagerness` in what proportion the sessions of a day are theirs;
    `joined` and `left` bound their time and `delay` is how long they wait for a release, all in
    seconds; `environment` is an index into ENVIRONMENTS.
    """

    names: pa.Array
    activity: npt.NDArray[np.float32]
    eagerness: npt.NDArray[np.float32]
    joined: npt.NDArray[np.float64]
    left: npt.NDArray[np.float64]
    delay: npt.NDArray[np.float64]
    environment: npt.NDArray[np.int8]


def how_many(product: Product, sessions: int) -> int:
    """Say how many users it takes to have so many sessions in 90 days."""
    shape = _shape(product)
    a_day = sessions / DAYS / _SESSIONS_PER_ACTIVE_DAY
    return max(1, round(a_day / (shape[0] / sum(shape)) / _PRESENT))


def gather(
    product: Product,
    *,
    count: int,
    accounts: pa.Array,
    now_seconds: float,
    rng: np.random.Generator,
) -> People:
    """Make `count` users; some of them have one of the accounts that projects share."""
    start = now_seconds - (DAYS + 1) * DAY_SECONDS
    joined = start + rng.uniform(0.0, DAYS * DAY_SECONDS, count)
    joined[rng.random(count) < _THERE_FROM_THE_START] = start
    patience = np.where(rng.random(count) < _LAGGARDS, _LAGGARD_FACTOR, 1.0)
    return People(
        names=_names(product, count, accounts, rng),
        activity=rng.beta(*_shape(product), count).astype(np.float32),
        eagerness=rng.lognormal(0.0, _EAGERNESS_SPREAD, count).astype(np.float32),
        joined=joined,
        left=joined + rng.exponential(_STAY_DAYS * DAY_SECONDS, count),
        delay=patience * rng.exponential(product.temperament.takeup_days * DAY_SECONDS, count),
        environment=rng.choice(len(ENVIRONMENTS), count, p=ENVIRONMENT_SHARES).astype(np.int8),
    )


def visitors(
    people: People, midnight: int, *, count: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw the users of `count` sessions of one day: few have many of them, most have one."""
    present = (people.joined < midnight + DAY_SECONDS) & (people.left >= midnight)
    came = rng.random(people.activity.size, np.float32) < people.activity
    active = np.flatnonzero(present & came)
    if active.size == 0:
        active = np.arange(people.activity.size)
    reached = np.cumsum(people.eagerness[active], dtype=np.float64)
    drawn = np.searchsorted(reached, rng.random(count) * reached[-1], side="right")
    users: npt.NDArray[np.int64] = active[np.minimum(drawn, active.size - 1)]
    return users


def _shape(product: Product) -> tuple[float, float]:
    return _ACTIVITY.get(product.platform, _USUAL_ACTIVITY)


def _names(product: Product, count: int, accounts: pa.Array, rng: np.random.Generator) -> pa.Array:
    own = uuid_texts(count, rng)
    shared = accounts.take(pa.array(rng.permutation(len(accounts))[np.arange(count)]))
    names = pc.if_else(pa.array(rng.random(count) < _SHARED_ACCOUNTS), shared, own)
    anonymous = pa.array(rng.random(count) < product.temperament.anonymous)
    return pc.if_else(anonymous, pa.scalar(None, pa.string()), names)
