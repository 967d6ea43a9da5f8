"""Rows of some days, read as arrays and cut into runs of equal keys.

Owns the statements that read people and durations, of built days and of others. Does not know what
becomes of the values.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.rollup.grain import HOUR_SECONDS, HOURS_A_DAY
from engine.rollup.labels import WHOLE
from engine.rollup.places import (
    DAY,
    LABELLED_SESSIONS,
    OF_PLACES,
    PLACES,
    Array,
    read_rows,
)
from engine.rollup.snapshot import Place, Snapshot
from schema.catalog import Key
from schema.rollup import Kinds
from schema.session import Mechanism, Outcome

HOUR: Final = f"CAST(floor(started / {HOUR_SECONDS}) - {HOURS_A_DAY} * {DAY} AS INTEGER)"
"""(`%` would keep the sign of moments before 1970.)"""
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


Level: TypeAlias = frozenset[Key]
"""The keys by which sessions of a day are told apart; equal ones go by one of their labels."""

PROJECTS: Final[Level] = frozenset({Key.PROJECT})
"""The level of whole projects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How finely a day is read: by hour or not, and at which level."""

    hourly: bool
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Values that one day has under one label, in one hour: an array for each column.

    There may be several of one label, where labels were put together.
    """

    place: Place
    label: int
    hour: int
    values: tuple[Array, ...]


def read_built(
    snapshot: Snapshot, store: Store, places: Sequence[Place], detail: Detail
) -> Iterator[Run]:
    """Read built days from their table, which knows no hours."""
    if not places:
        return
    label = f"{WHOLE}" if detail.level == PROJECTS else "label"
    text = (
        f"SELECT project_id, day, {label} AS label, {ANY_HOUR} AS hour, {', '.join(store.values)}"  # noqa: S608  (names of ours)
        f" FROM {store.table} SEMI JOIN {PLACES} USING (project_id, day)"
        " WHERE day >= $first AND day <= $last"
    )
    yield from _runs(read_rows(snapshot, text, places), store, _renumber(detail, snapshot))


def read_sessions(
    snapshot: Snapshot, store: Store, places: Sequence[Place], detail: Detail
) -> Iterator[Run]:
    """Read days from the sessions themselves."""
    if not places:
        return
    whole = detail.level == PROJECTS
    label = f"{WHOLE}" if whole else "number"
    hour = HOUR if detail.hourly else f"{ANY_HOUR}"
    columns = f"project_id, {DAY} AS day, {label} AS label, {hour} AS hour"
    text = (
        f"SELECT {columns}, {', '.join(store.spelled)}"  # noqa: S608  (names of ours)
        f" FROM {'sessions' if whole else LABELLED_SESSIONS}"
        f" WHERE {store.known} AND {OF_PLACES}"
    )
    rows = read_rows(snapshot, text, places)
    yield from _runs(rows, store, _renumber(detail, snapshot))


def joined(runs: Iterable[Run]) -> Iterator[tuple[Place, int, int, tuple[Array, ...]]]:
    """Put the runs of one place, label and hour together, wherever they stand."""
    parts: dict[tuple[Place, int, int], list[tuple[Array, ...]]] = {}
    for run in runs:
        parts.setdefault((run.place, run.label, run.hour), []).append(run.values)
    for (place, label, hour), values in parts.items():
        columns = values[0]
        if len(values) > 1:
            columns = tuple(np.concatenate(column) for column in zip(*values, strict=True))
        yield place, label, hour, columns


def _renumber(detail: Detail, snapshot: Snapshot) -> Callable[[int], int]:
    """Make what gives the label by which another one goes."""
    if detail.level == PROJECTS:
        return lambda label: label
    heads: list[int] = snapshot.directory.heads(detail.level).tolist()
    return heads.__getitem__


def _runs(columns: dict[str, Array], store: Store, renumber: Callable[[int], int]) -> Iterator[Run]:
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
        yield Run(place=(project, day), label=renumber(label), hour=hour, values=values)


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
