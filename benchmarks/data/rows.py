"""One project, one day, one table: joins people, moments and fates into rows to load.

Owns what an update looks like and which release it names. Does not know files.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from api.demo.columns import constant, moment_column, table, uuid_texts, words
from api.demo.fates import OUTCOMES, Fates, count_outcomes, draw
from api.demo.people import released_at
from api.demo.products import ENVIRONMENT_SHARES, ENVIRONMENTS, Platform, Product
from api.demo.rhythm import DAY_SECONDS, Day, moments
from benchmarks.data.people import People, visitors
from schema.session import COUNT_COLUMNS, Mechanism, Outcome, UpdateStatus

_EARLY_SECONDS = 2.5 * DAY_SECONDS
_EARLY = np.isin(ENVIRONMENTS, ("staging", "development"))
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
        **_places(source.product, versions, environments),
    }
    first = np.flatnonzero(fates.twice)
    begun = {name: column.take(pa.array(first)) for name, column in shared.items()}
    return pa.concat_tables(
        [
            table(first.size, begun | _beginning(begun["started"])),
            table(count, shared | _ending(source, started, fates)),
        ]
    )


def _counted_rows(source: Source, day: Day, *, count: int, rng: np.random.Generator) -> pa.Table:
    drawn = np.sort(moments(source.product, day, count=count, rng=rng))
    started = np.maximum(np.floor(drawn / _MINUTE) * _MINUTE, day.midnight + day.low)
    environments = rng.choice(len(ENVIRONMENTS), count, p=ENVIRONMENT_SHARES)
    takeup = source.product.temperament.takeup_days * DAY_SECONDS
    delay = rng.exponential(takeup, count)
    versions = _versions(source, started, environments=environments, delay=delay)
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
    waited = np.where(_EARLY[environments], -_EARLY_SECONDS, delay)
    newest = np.searchsorted(released, started - waited, side="right") - 1
    return np.maximum(newest, 0)


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
    hung = (fates.outcome == OUTCOMES.index(Outcome.ABNORMAL)) & (
        source.product.platform is Platform.ANDROID
    )
    told = fates.told_after if source.product.temperament.ends else fates.errors
    lasted = pa.array(np.minimum(fates.lasted, left).round(3))
    return {
        "timestamp": moment_column(started + np.minimum(told, left)),
        "seq": pa.array(fates.twice.astype(np.int64)),
        "init": pa.array(~fates.twice),
        "status": words(status, fates.outcome),
        "errors": pa.array(fates.errors),
        "duration": pc.if_else(pa.array(exited), lasted, pa.scalar(None, pa.float64())),
        "abnormal_mechanism": words(
            _MECHANISMS, np.where(hung, np.where(fates.foreground, 1, 2), 0)
        ),
    }


def _statuses(product: Product) -> tuple[str, ...]:
    end = UpdateStatus.EXITED if product.temperament.ends else UpdateStatus.OK
    named = (Outcome.CRASHED, Outcome.ABNORMAL, Outcome.UNHANDLED)
    return tuple(outcome.word if outcome in named else end.value for outcome in OUTCOMES)
