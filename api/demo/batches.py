"""One product, one day, one table: joins people, moments and fates into update rows.

Owns who ran which release where. Does not know how it is told, nor the engine it is loaded into.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from api.demo.columns import constant, moment_column, table, uuid_texts
from api.demo.fates import draw
from api.demo.people import People, released_at, visitors
from api.demo.products import ENVIRONMENT_SHARES, ENVIRONMENTS, Product
from api.demo.rhythm import Day, moments
from api.demo.updates import (
    EARLY,
    EARLY_SECONDS,
    minutes,
    places,
    server_counts,
    single_updates,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The rows of one product and day.

    `where` counts its rows per environment and version, as a matrix; `sessions` counts the
    sessions sent one by one, `counted` those in pre-counted rows.
    """

    rows: pa.Table
    where: npt.NDArray[np.int64]
    sessions: int
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where batches of one product come from: its id, its users and the end of time."""

    product: Product
    project_id: int
    people: People
    now_seconds: float


def single_rows(source: Source, day: Day, *, count: int, rng: np.random.Generator) -> Batch:
    """Draw `count` sessions of people, each told by one update or two."""
    users = visitors(source.people, day.midnight, count=count, rng=rng)
    started = np.sort(moments(source.product, day, count=count, rng=rng))
    environments = _environments(count, rng)
    versions = _versions(source, started, environments=environments, users=users)
    fates = draw(source.product, versions, rng)
    shared = {
        "project_id": constant(source.project_id, count),
        "session_id": uuid_texts(count, rng),
        "distinct_id": source.people.names.take(pa.array(users)),
        "started": moment_column(started),
        **places(source.product, versions, environments),
    }
    return Batch(
        rows=single_updates(source.product, shared, started, fates, now_seconds=source.now_seconds),
        where=_tally(source.product, versions, environments),
        sessions=count,
        counted=0,
    )


def counted_rows(source: Source, day: Day, *, count: int, rng: np.random.Generator) -> Batch:
    """Draw `count` pre-counted rows of a server: whole minutes, no ids, no users."""
    started = minutes(moments(source.product, day, count=count, rng=rng), day)
    environments = _environments(count, rng)
    versions = _versions(source, started, environments=environments, users=None)
    counts = server_counts(source.product, versions, rng)
    columns = {
        "project_id": constant(source.project_id, count),
        "started": moment_column(started),
        "timestamp": moment_column(started),
        **places(source.product, versions, environments),
        **counts,
    }
    return Batch(
        rows=table(count, columns),
        where=_tally(source.product, versions, environments),
        sessions=0,
        counted=sum(pc.sum(column).as_py() for column in counts.values()),
    )


def _environments(count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return rng.choice(len(ENVIRONMENTS), count, p=ENVIRONMENT_SHARES)


def _versions(
    source: Source,
    started: npt.NDArray[np.float64],
    *,
    environments: npt.NDArray[np.int64],
    users: npt.NDArray[np.int64] | None,
) -> npt.NDArray[np.int64]:
    released = released_at(source.product, source.now_seconds)
    early = EARLY[environments]
    usual = released[None, :] if users is None else source.people.installed[users]
    since = np.where(early[:, None], released[None, :] - EARLY_SECONDS, usual)
    runs = since <= started[:, None]
    runs[:, 0] = True
    newest: npt.NDArray[np.int64] = released.size - 1 - np.argmax(runs[:, ::-1], axis=1)
    return newest


def _tally(
    product: Product, versions: npt.NDArray[np.int64], environments: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    width = len(product.versions)
    size = width * len(ENVIRONMENTS)
    return np.bincount(environments * width + versions, minlength=size).reshape(-1, width)
