"""One product, one day, one table: joins people, moments and fates into update rows.

Owns what an update of the demo looks like. Does not know the engine it is loaded into.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from api.demo.columns import constant, moment_column, table, uuid_texts, words
from api.demo.fates import OUTCOMES, Fates, count_outcomes, draw
from api.demo.people import People, released_at, visitors
from api.demo.products import ENVIRONMENT_SHARES, ENVIRONMENTS, Platform, Product
from api.demo.rhythm import DAY_SECONDS, Day, moments
from schema.session import COUNT_COLUMNS, Mechanism, Outcome, UpdateStatus

_EARLY_SECONDS = 2.5 * DAY_SECONDS
_SESSIONS_PER_SERVER_ROW = 40.0
_MINUTE = 60
_MECHANISMS = (None, Mechanism.ANR_FOREGROUND.value, Mechanism.ANR_BACKGROUND.value)
_COUNTED = {
    "crashed": Outcome.CRASHED,
    "abnormal": Outcome.ABNORMAL,
    "unhandled": Outcome.UNHANDLED,
    "errored": Outcome.ERRORED,
    "exited": Outcome.HEALTHY,
}


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
        **_places(source.product, versions, environments),
    }
    first = np.flatnonzero(fates.twice)
    begun = {name: column.take(pa.array(first)) for name, column in shared.items()}
    rows = pa.concat_tables(
        [
            table(first.size, begun | _beginning(begun["started"])),
            table(count, shared | _ending(source, started, fates)),
        ]
    )
    return Batch(
        rows=rows,
        where=_tally(source.product, versions, environments),
        sessions=count,
        counted=0,
    )


def counted_rows(source: Source, day: Day, *, count: int, rng: np.random.Generator) -> Batch:
    """Draw `count` pre-counted rows of a server: whole minutes, no ids, no users."""
    drawn = np.sort(moments(source.product, day, count=count, rng=rng))
    started = np.maximum(np.floor(drawn / _MINUTE) * _MINUTE, day.midnight + day.low)
    environments = _environments(count, rng)
    versions = _versions(source, started, environments=environments, users=None)
    counts = count_outcomes(
        source.product, versions, mean_sessions=_SESSIONS_PER_SERVER_ROW, rng=rng
    )
    columns = {
        "project_id": constant(source.project_id, count),
        "started": moment_column(started),
        "timestamp": moment_column(started),
        **_places(source.product, versions, environments),
        **{name: pa.array(counts[:, OUTCOMES.index(_COUNTED[name])]) for name in COUNT_COLUMNS},
    }
    return Batch(
        rows=table(count, columns),
        where=_tally(source.product, versions, environments),
        sessions=0,
        counted=int(counts.sum()),
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
    early = np.isin(
        environments, (ENVIRONMENTS.index("staging"), ENVIRONMENTS.index("development"))
    )
    usual = released[None, :] if users is None else source.people.installed[users]
    since = np.where(early[:, None], released[None, :] - _EARLY_SECONDS, usual)
    runs = since <= started[:, None]
    runs[:, 0] = True
    newest: npt.NDArray[np.int64] = released.size - 1 - np.argmax(runs[:, ::-1], axis=1)
    return newest


def _places(
    product: Product, versions: npt.NDArray[np.int64], environments: npt.NDArray[np.int64]
) -> dict[str, pa.Array]:
    return {
        "release": words(tuple(version.name for version in product.versions), versions),
        "environment": words(ENVIRONMENTS, environments),
    }


def _beginning(started: pa.Array) -> dict[str, pa.Array]:
    count = len(started)
    return {
        "timestamp": started,
        "seq": constant(0, count),
        "init": constant(True, count),  # noqa: FBT003  (a cell, not a switch)
        "status": constant(UpdateStatus.OK.value, count),
        "errors": constant(0, count),
    }


def _ending(source: Source, started: npt.NDArray[np.float64], fates: Fates) -> dict[str, pa.Array]:
    left = source.now_seconds - started
    status = _statuses(source.product)
    exited = np.array([word == UpdateStatus.EXITED for word in status])[fates.outcome]
    lasted = np.minimum(fates.lasted, left)
    anr = np.where(fates.foreground, 1, 2)
    hung = (fates.outcome == OUTCOMES.index(Outcome.ABNORMAL)) & (
        source.product.platform is Platform.ANDROID
    )
    told = np.minimum(fates.told_after, left) if source.product.temperament.ends else fates.errors
    return {
        "timestamp": moment_column(started + np.minimum(told, left)),
        "seq": pa.array(fates.twice.astype(np.int64)),
        "init": pa.array(~fates.twice),
        "status": words(status, fates.outcome),
        "errors": pa.array(fates.errors),
        "duration": pc.if_else(pa.array(exited), pa.array(lasted), pa.scalar(None, pa.float64())),
        "abnormal_mechanism": words(_MECHANISMS, np.where(hung, anr, 0)),
    }


def _statuses(product: Product) -> tuple[str, ...]:
    end = UpdateStatus.EXITED if product.temperament.ends else UpdateStatus.OK
    named = (Outcome.CRASHED, Outcome.ABNORMAL, Outcome.UNHANDLED)
    return tuple(outcome.word if outcome in named else end.value for outcome in OUTCOMES)


def _tally(
    product: Product, versions: npt.NDArray[np.int64], environments: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    width = len(product.versions)
    size = width * len(ENVIRONMENTS)
    return np.bincount(environments * width + versions, minlength=size).reshape(-1, width)
