"""Rows of some days, read as arrays and cut into runs of equal keys.

Owns the statements that read people and durations, of built days and of others. Does not know what
becomes of the values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.rollup.labels import WHOLE, Codes
from engine.rollup.places import (
    DAY,
    HOUR,
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

    `values` are its columns in both, in the table and as spelled over sessions. Where nothing is
    known the first of them is null, or the number `unknown` where it has to be one.
    """

    table: str
    values: tuple[str, ...]
    spelled: tuple[str, ...]
    unknown: int

    @property
    def known(self) -> str:
        """Spell whether a session tells it."""
        return f"{self.values[0]} IS NOT NULL"

    @property
    def columns(self) -> tuple[str, ...]:
        """Spell the values over all sessions."""
        first = self.values[0]
        return f"coalesce({first}, {self.unknown}) AS {first}", *self.spelled[1:]


PEOPLE: Final = Store(
    table="people_days",
    values=("person", "kinds"),
    spelled=("person", f"{KINDS} AS kinds"),
    unknown=0,
)
DURATIONS: Final = Store(
    table="duration_days",
    values=("duration",),
    spelled=("duration",),
    unknown=-1,
)


_PIECE: Final = ("piece", "day", "project_id")
_KEYS: Final = (*_PIECE, "label", "hour")

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
class Runs:
    """Rows in order of their day, project, label and hour, cut where one of these changes.

    A run begins at its start and goes on up to the next one's; `values` are the columns of all.
    """

    places: Mapping[tuple[int, ...], tuple[int, int]]
    """Which runs are of a place, or of a piece of one: from one up to another."""
    labels: Codes
    hours: Codes
    starts: npt.NDArray[np.intp]
    values: tuple[Array, ...]


def read_built(snapshot: Snapshot, store: Store, places: Sequence[Place], detail: Detail) -> Runs:
    """Read built days from their table, which knows no hours."""
    label = f"{WHOLE}" if detail.level == PROJECTS else "label"
    text = (
        f"SELECT project_id, day, {label} AS label, {ANY_HOUR} AS hour, {', '.join(store.values)}"  # noqa: S608  (names of ours)
        f" FROM {store.table} SEMI JOIN {PLACES} USING (project_id, day)"
        " WHERE day >= $first AND day <= $last"
    )
    return _read(snapshot, text, store, places, detail)


def read_sessions(
    snapshot: Snapshot, store: Store, places: Sequence[Place], detail: Detail
) -> Runs:
    """Read days from the sessions themselves."""
    whole = detail.level == PROJECTS
    label = f"{WHOLE}" if whole else "number"
    hour = HOUR if detail.hourly else f"{ANY_HOUR}"
    columns = f"project_id, {DAY} AS day, {label} AS label, {hour} AS hour"
    text = (
        f"SELECT {columns}, {', '.join(store.spelled)}"  # noqa: S608  (names of ours)
        f" FROM {'sessions' if whole else LABELLED_SESSIONS}"
        f" WHERE {store.known} AND {OF_PLACES}"
    )
    return _read(snapshot, text, store, places, detail)


def runs_of(snapshot: Snapshot, store: Store, rows: Mapping[str, Array], detail: Detail) -> Runs:
    """Cut those of all sessions that tell something into runs, and their places into pieces."""
    known = rows[store.values[0]] != store.unknown
    told = {name: column[known] for name, column in rows.items() if name in _KEYS + store.values}
    if detail.level == PROJECTS:
        told["label"] = np.full(len(told["label"]), WHOLE)
    if not detail.hourly:
        told["hour"] = np.full(len(told["hour"]), ANY_HOUR)
    return in_runs(_by_heads(snapshot, told, detail), store.values, of=_PIECE)


def _read(
    snapshot: Snapshot, text: str, store: Store, places: Sequence[Place], detail: Detail
) -> Runs:
    rows = read_rows(snapshot, text, places)
    return in_runs(_by_heads(snapshot, rows, detail), store.values)


def _by_heads(snapshot: Snapshot, rows: Mapping[str, Array], detail: Detail) -> dict[str, Array]:
    """Give rows by the labels that theirs go by."""
    if detail.level == PROJECTS:
        return {**rows}
    heads = snapshot.directory.heads(detail.level)
    return {**rows, "label": heads[rows["label"].astype(np.int64)]}


def in_runs(
    rows: Mapping[str, Array],
    names: Sequence[str],
    of: Sequence[str] = ("day", "project_id"),
) -> Runs:
    """Put rows in order and cut them into runs; `names` are the columns of values.

    A place is told by the columns `of`, the last one first.
    """
    keys = [rows[name] for name in (*of, "label", "hour")]
    order = ordering(keys)
    keys = [key[order] for key in keys]
    starts = starts_of(keys)
    *parts, labels, hours = (key[starts].astype(np.int64) for key in keys)
    firsts = starts_of(parts)
    places = zip(*(part[firsts].tolist() for part in reversed(parts)), strict=True)
    cuts = [*firsts.tolist(), len(starts)]
    return Runs(
        places=dict(zip(places, pairwise(cuts), strict=True)),
        labels=labels,
        hours=hours,
        starts=starts,
        values=tuple(rows[name][order] for name in names),
    )


def cut_rows(
    rows: Mapping[str, Array], of: Sequence[str]
) -> Iterator[tuple[tuple[int, ...], dict[str, Array]]]:
    """Put rows in order of some columns, and give those that agree in them; the last one first."""
    order = ordering([rows[name] for name in of])
    ordered = {name: column[order] for name, column in rows.items()}
    starts = starts_of([ordered[name] for name in of])
    ends = [*starts[1:].tolist(), len(ordered[of[0]])]
    found = zip(*(ordered[name][starts].tolist() for name in reversed(of)), strict=True)
    for key, cut in zip(found, map(slice, starts.tolist(), ends), strict=True):
        yield key, {name: column[cut] for name, column in ordered.items()}


def ordering(keys: Sequence[Array]) -> Codes | slice:
    """Give the order of rows by keys, the first one before the others; all, if they are in order.

    Equal rows mostly stand together, so it is these runs that are put in order.
    """
    starts = starts_of(keys)
    ordered = np.lexsort([key[starts] for key in reversed(keys)])
    if (ordered[1:] > ordered[:-1]).all():
        return slice(None)
    return spread(starts, ordered, len(keys[0]))


def starts_of(keys: Sequence[Array]) -> npt.NDArray[np.intp]:
    """Give the positions at which a row differs from the one before, and that of the first."""
    changed = np.ones(len(keys[0]), np.bool_)
    changed[1:] = False
    for key in keys:
        changed[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(changed)


def spread(starts: Codes, ordered: Codes, count: int) -> Codes:
    """Give the order of `count` rows in which their runs have another order."""
    lengths = np.diff(starts, append=count)[ordered]
    ends = np.cumsum(lengths)
    order: Codes = np.repeat(starts[ordered] - ends + lengths, lengths) + np.arange(count)
    return order
