"""What senders tell of sessions: one update or two of each, or counts by the minute.

Owns the columns of an update, from what became of its session. Does not know who the users are, nor
when anybody comes.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from api.demo.columns import constant, moment_column, table, words
from api.demo.fates import OUTCOMES, Fates, count_outcomes
from api.demo.products import ENVIRONMENTS, Platform, Product
from api.demo.rhythm import DAY_SECONDS, Day
from schema.session import COUNT_COLUMNS, Mechanism, Outcome, UpdateStatus

EARLY_SECONDS = 2.5 * DAY_SECONDS
"""How long before anybody else the environments in EARLY run a release."""

EARLY = np.isin(ENVIRONMENTS, ("staging", "development"))

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


def places(
    product: Product, versions: npt.NDArray[np.int64], environments: npt.NDArray[np.int64]
) -> dict[str, pa.Array]:
    """Name where sessions ran."""
    return {
        "release": words(tuple(version.name for version in product.versions), versions),
        "environment": words(ENVIRONMENTS, environments),
    }


def single_updates(
    product: Product,
    shared: Mapping[str, pa.Array],
    started: npt.NDArray[np.float64],
    fates: Fates,
    *,
    now_seconds: float,
) -> pa.Table:
    """Tell each session by its end, and those of `fates.twice` by their beginning, too.

    `shared` are the columns that all updates of a session have in common.
    """
    first = np.flatnonzero(fates.twice)
    begun = {name: column.take(pa.array(first)) for name, column in shared.items()}
    ended = _ending(product, started, fates, left=now_seconds - started)
    return pa.concat_tables(
        [
            table(first.size, begun | _beginning(begun["started"])),
            table(len(started), {**shared, **ended}),
        ]
    )


def minutes(drawn: npt.NDArray[np.float64], day: Day) -> npt.NDArray[np.float64]:
    """Put moments back to the minute they lie in, as servers do, but not out of their day."""
    minute: npt.NDArray[np.float64] = np.floor(np.sort(drawn) / _MINUTE) * _MINUTE
    return np.maximum(minute, day.midnight + day.low)


def server_counts(
    product: Product, versions: npt.NDArray[np.int64], rng: np.random.Generator
) -> dict[str, pa.Array]:
    """Draw how many sessions each row of a server counts, by how they ended."""
    counts = count_outcomes(product, versions, mean_sessions=_SESSIONS_PER_SERVER_ROW, rng=rng)
    return {name: pa.array(counts[:, OUTCOMES.index(_COUNTED[name])]) for name in COUNT_COLUMNS}


def _beginning(started: pa.Array) -> dict[str, pa.Array]:
    count = len(started)
    return {
        "timestamp": started,
        "seq": constant(0, count),
        "init": constant(True, count),  # noqa: FBT003  (a cell, not a switch)
        "status": constant(UpdateStatus.OK.value, count),
        "errors": constant(0, count),
    }


def _ending(
    product: Product,
    started: npt.NDArray[np.float64],
    fates: Fates,
    *,
    left: npt.NDArray[np.float64],
) -> dict[str, pa.Array]:
    status = _statuses(product)
    exited = np.array([word == UpdateStatus.EXITED for word in status])[fates.outcome]
    lasted = pa.array(np.minimum(fates.lasted, left).round(3))
    hung = (fates.outcome == OUTCOMES.index(Outcome.ABNORMAL)) & (
        product.platform is Platform.ANDROID
    )
    told = fates.told_after if product.temperament.ends else fates.errors
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
