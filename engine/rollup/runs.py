"""Rows of some days, read as arrays and cut into runs of equal keys.

Owns the statements that read people and durations, of built days and of others. Does not know what
becomes of the values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.day_number import DAY_SECONDS, day_of
from engine.rollup.grain import HOUR_SECONDS, HOURS_A_DAY
from engine.rollup.labels import WHOLE, Label, Labels
from engine.rollup.snapshot import Place
from schema.rollup import Kinds
from schema.session import Mechanism, Outcome

Array: TypeAlias = npt.NDArray[np.generic]

DAY: Final = day_of("started")
HOUR: Final = f"CAST(floor(started / {HOUR_SECONDS}) % {HOURS_A_DAY} AS INTEGER)"
ANY_HOUR: Final = -1
"""In place of an hour where the whole day is meant."""

KINDS: Final = (
    "CAST("
    f"CASE WHEN outcome > {Outcome.HEALTHY:d} THEN {Kinds.UNHEALTHY:d} ELSE 0 END"
    f" + CASE outcome WHEN {Outcome.CRASHED:d} THEN {Kinds.CRASHED:d}"
    f" WHEN {Outcome.ABNORMAL:d} THEN {Kinds.ABNORMAL:d}"
    f" WHEN {Outcome.UNHANDLED:d} THEN {Kinds.UNHANDLED:d} ELSE 0 END"
    f" + CASE abnormal_mechanism"
    f" WHEN '{Mechanism.ANR_BACKGROUND}' THEN {Kinds.ANR:d}"
    f" WHEN '{Mechanism.ANR_FOREGROUND}' THEN {Kinds.ANR | Kinds.FOREGROUND_ANR:d} ELSE 0 END"
    " AS UTINYINT)"
)
"""What one session adds to what its user met, in SQL over `sessions`."""

PLACES: Final = "asked_places"
FRESH_LABELS: Final = "fresh_labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Something that is known of sessions: the table of its days, and how sessions tell it.

    `values` are its columns in both, in the table and as spelled over sessions.
    """

    table: str
    values: tuple[str, ...]
    spelled: tuple[str, ...]
    known: str


PEOPLE: Final = Store(
    table="people_days",
    values=("person", "kinds"),
    spelled=("person", f"{KINDS} AS kinds"),
    known="person IS NOT NULL",
)
DURATIONS: Final = Store(
    table="duration_days",
    values=("duration",),
    spelled=("duration",),
    known="duration IS NOT NULL",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How finely a day is read: by hour or not, by label or not."""

    hourly: bool
    labelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The values that one day has under one label, in one hour: an array for each column."""

    place: Place
    label: int
    hour: int
    values: tuple[Array, ...]


def read_built(
    cursor: duckdb.DuckDBPyConnection, store: Store, places: Sequence[Place], detail: Detail
) -> Iterator[Run]:
    """Read built days from their table, which knows no hours."""
    if not places:
        return
    label = "label" if detail.labelled else f"{WHOLE}"
    text = (
        f"SELECT project_id, day, {label} AS label, {ANY_HOUR} AS hour, {', '.join(store.values)}"  # noqa: S608  (names of ours)
        f" FROM {store.table} SEMI JOIN {PLACES} USING (project_id, day)"
        " WHERE day >= $first AND day <= $last"
    )
    yield from _runs(_read(cursor, text, places, labels=()), store)


def read_sessions(
    cursor: duckdb.DuckDBPyConnection,
    store: Store,
    places: Sequence[Place],
    detail: Detail,
    labels: Labels,
) -> Iterator[Run]:
    """Read days from the sessions themselves."""
    if not places:
        return
    fresh = _fresh_labels(cursor, places, labels) if detail.labelled else ()
    source = "sessions"
    if detail.labelled:
        known = "SELECT number, project_id, release, environment FROM labels"
        source += (
            f" JOIN ({known} UNION ALL SELECT * FROM {FRESH_LABELS}) AS named"  # noqa: S608  (names of ours)
            " USING (project_id, release, environment)"
        )
    label, hour = (
        "number" if detail.labelled else f"{WHOLE}",
        HOUR if detail.hourly else f"{ANY_HOUR}",
    )
    columns = f"project_id, {DAY} AS day, {label} AS label, {hour} AS hour"
    text = (
        f"SELECT {columns}, {', '.join(store.spelled)} FROM {source}"  # noqa: S608  (names of ours)
        f" WHERE {store.known} AND started >= $first * {DAY_SECONDS}"
        f" AND started < ($last + 1) * {DAY_SECONDS}"
        f" AND (project_id, {DAY}) IN (SELECT (project_id, day) FROM {PLACES})"
    )
    yield from _runs(_read(cursor, text, places, labels=fresh), store)


def _fresh_labels(
    cursor: duckdb.DuckDBPyConnection, places: Sequence[Place], labels: Labels
) -> Sequence[tuple[int, Label]]:
    text = (
        "SELECT DISTINCT project_id, release, environment FROM sessions"  # noqa: S608  (names of ours)
        " ANTI JOIN labels USING (project_id, release, environment)"
        f" WHERE started >= $first * {DAY_SECONDS} AND started < ($last + 1) * {DAY_SECONDS}"
    )
    values = {"first": _first(places), "last": _last(places)}
    names = [Label(*row) for row in cursor.execute(text, values).fetchall()]
    return [(number, name) for name, number in labels.number_fresh(names).items()]


def _read(
    cursor: duckdb.DuckDBPyConnection,
    text: str,
    places: Sequence[Place],
    *,
    labels: Sequence[tuple[int, Label]],
) -> dict[str, Array]:
    asked = pa.table(
        {
            "project_id": pa.array([project for project, _ in places], pa.int64()),
            "day": pa.array([day for _, day in places], pa.int32()),
        }
    )
    fresh = pa.table(
        {
            "number": pa.array([number for number, _ in labels], pa.int32()),
            "project_id": pa.array([name.project for _, name in labels], pa.int64()),
            "release": pa.array([name.release for _, name in labels], pa.string()),
            "environment": pa.array([name.environment for _, name in labels], pa.string()),
        }
    )
    cursor.register(PLACES, asked)
    cursor.register(FRESH_LABELS, fresh)
    found = cursor.execute(text, {"first": _first(places), "last": _last(places)}).fetchnumpy()
    cursor.unregister(PLACES)  # nothing can be unregistered after a failure, but its cursor ends
    cursor.unregister(FRESH_LABELS)
    return {name: np.asarray(column) for name, column in found.items()}


def _first(places: Sequence[Place]) -> int:
    return min(day for _, day in places)


def _last(places: Sequence[Place]) -> int:
    return max(day for _, day in places)


def _runs(columns: dict[str, Array], store: Store) -> Iterator[Run]:
    """Bring rows of equal keys together, and yield them run by run."""
    keys = [columns[name] for name in ("day", "hour", "project_id", "label")]
    count = len(keys[0])
    if not count:
        return
    if not _in_runs(keys):
        order = np.lexsort(tuple(reversed(keys)))
        columns = {name: column[order] for name, column in columns.items()}
        keys = [columns[name] for name in ("day", "hour", "project_id", "label")]
    starts = np.concatenate(([0], _edges(keys), [count]))
    days, hours, projects, labels = (key[starts[:-1]].tolist() for key in keys)
    ends = starts.tolist()
    for index, (day, hour, project, label) in enumerate(
        zip(days, hours, projects, labels, strict=True)
    ):
        cut = slice(ends[index], ends[index + 1])
        values = tuple(columns[name][cut] for name in store.values)
        yield Run(place=(project, day), label=label, hour=hour, values=values)


def _edges(keys: Sequence[Array]) -> npt.NDArray[np.intp]:
    """Give the positions at which a row differs from the one before."""
    changed = np.zeros(len(keys[0]) - 1, dtype=bool)
    for key in keys:
        changed |= key[1:] != key[:-1]
    return np.flatnonzero(changed) + 1


def _in_runs(keys: Sequence[Array]) -> bool:
    """Tell whether rows of equal keys stand together, as they do where a table keeps its order."""
    starts = np.concatenate(([0], _edges(keys)))
    heads = list(zip(*(key[starts].tolist() for key in keys), strict=True))
    return len(set(heads)) == len(heads)
