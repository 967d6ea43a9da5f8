"""One project, one day, one table: joins people, moments and fates into rows to load.

Owns which release each session ran. Does not know how it is told, nor files.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from api.demo.columns import constant, moment_column, table, uuid_texts
from api.demo.fates import draw
from api.demo.people import released_at
from api.demo.products import ENVIRONMENT_SHARES, ENVIRONMENTS, Product
from api.demo.rhythm import DAY_SECONDS, Day, moments
from api.demo.updates import (
    EARLY,
    EARLY_SECONDS,
    minutes,
    places,
    server_counts,
    single_updates,
)
from benchmarks.data.people import People, visitors


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the rows of one project come from: its id, its users and the end of time."""

    product: Product
    project_id: int
    people: People | None
    now_seconds: float


def draw_rows(source: Source, day: Day, *, count: int, rng: np.random.Generator) -> pa.Table:
    """Draw the rows of one project that started on one day; a server's are pre-counted."""
    if source.people is None:
        return _counted_rows(source, day, count=count, rng=rng)
    return _single_rows(source, source.people, day, count=count, rng=rng)


def _single_rows(
    source: Source, people: People, day: Day, *, count: int, rng: np.random.Generator
) -> pa.Table:
    users = visitors(people, day.midnight, count=count, rng=rng)
    started = np.sort(moments(source.product, day, count=count, rng=rng))
    environments = people.environment[users].astype(np.int64)
    versions = _versions(source, started, environments=environments, delay=people.delay[users])
    fates = draw(source.product, versions, rng)
    shared = {
        "project_id": constant(source.project_id, count),
        "session_id": uuid_texts(count, rng),
        "distinct_id": people.names.take(pa.array(users)),
        "started": moment_column(started),
        **places(source.product, versions, environments),
    }
    return single_updates(source.product, shared, started, fates, now_seconds=source.now_seconds)


def _counted_rows(source: Source, day: Day, *, count: int, rng: np.random.Generator) -> pa.Table:
    started = minutes(moments(source.product, day, count=count, rng=rng), day)
    environments = rng.choice(len(ENVIRONMENTS), count, p=ENVIRONMENT_SHARES)
    takeup = source.product.temperament.takeup_days * DAY_SECONDS
    delay = rng.exponential(takeup, count)
    versions = _versions(source, started, environments=environments, delay=delay)
    columns = {
        "project_id": constant(source.project_id, count),
        "started": moment_column(started),
        "timestamp": moment_column(started),
        **places(source.product, versions, environments),
        **server_counts(source.product, versions, rng),
    }
    return table(count, columns)


def _versions(
    source: Source,
    started: npt.NDArray[np.float64],
    *,
    environments: npt.NDArray[np.int64],
    delay: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Give everybody the newest release that came out at least their delay ago."""
    released = released_at(source.product, source.now_seconds)
    waited = np.where(EARLY[environments], -EARLY_SECONDS, delay)
    newest = np.searchsorted(released, started - waited, side="right") - 1
    return np.maximum(newest, 0)
