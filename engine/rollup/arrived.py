"""The sessions of some arrivals, read once for all that a question asks of them.

Owns the statement, and that each label has a number, be it a provisional one. Does not know what
becomes of the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.day_number import IN_DAYS
from engine.rollup.arrivals import ARRIVED, PIECE, Arrivals
from engine.rollup.labels import Label
from engine.rollup.places import DAY, FRESH_LABELS, HOUR, NAMED, Array, ask_rows
from engine.rollup.snapshot import Place, Snapshot
from engine.sql.form import Parameter

_UNNUMBERED: Final = 0
"""In place of the number of a label that has none; real ones begin with 1."""

_MANY_ROWS: Final = 1_000_000
"""So many rows are not held on to for others who may ask for them."""

_THOSE: Final = (
    f"list_contains(CAST($projects AS BIGINT[]), project_id) AND {IN_DAYS} AND {ARRIVED}"
)

_NAMES: Final = f"""
    SELECT DISTINCT project_id, release, environment
    FROM sessions ANTI JOIN labels USING (project_id, release, environment) WHERE {_THOSE}
"""  # noqa: S608  (names of ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Rows by the names of their columns; `numbered` says that no label is a provisional one.

    There are `project_id`, `day`, `piece`, `hour`, `label`, `outcome`, `quantity`, and those that
    the snapshot tells besides.
    """

    rows: Mapping[str, Array]
    numbered: bool


def read_arrived(snapshot: Snapshot, places: Sequence[Place], arrivals: Arrivals) -> Arrived:
    """Read arrivals of these places, and perhaps of others of the same projects and days."""
    key = tuple(places), arrivals
    found = snapshot.arrived.get(key)
    if not isinstance(found, Arrived):
        found = _read(snapshot, places, arrivals)
        if len(found.rows["label"]) < _MANY_ROWS:
            snapshot.arrived[key] = found
    return found


def _read(snapshot: Snapshot, places: Sequence[Place], arrivals: Arrivals) -> Arrived:
    days = [day for _, day in places]
    values: dict[str, Parameter] = {
        "projects": sorted({project for project, _ in places}),
        "first": min(days),
        "last": max(days),
        **arrivals.values,
    }
    rows = _ask(snapshot, values)
    if (rows["label"] == _UNNUMBERED).any():
        for name in snapshot.cursor.execute(_NAMES, _used(_NAMES, values)).fetchall():
            snapshot.provisional.number(Label(*name))
        snapshot.learn()
        rows = _ask(snapshot, values)
    return Arrived(rows=rows, numbered=int(rows["label"].min(initial=_UNNUMBERED)) >= 0)


def _ask(snapshot: Snapshot, values: Mapping[str, Parameter]) -> dict[str, Array]:
    """Read the rows, with the numbers of the table and the provisional ones known by now."""
    named = NAMED if snapshot.directory.fresh() else "labels"
    columns = (
        f"project_id, {DAY} AS day, {PIECE}, {HOUR} AS hour",
        f"coalesce(number, {_UNNUMBERED}) AS label, outcome, quantity",
        *snapshot.columns,
    )
    text = (
        f"SELECT {', '.join(columns)} FROM sessions"  # noqa: S608  (names of ours)
        f" LEFT JOIN {named} AS named USING (project_id, release, environment) WHERE {_THOSE}"
    )
    tables = (FRESH_LABELS,) if named == NAMED else ()
    return ask_rows(snapshot, text, values, tables)


def _used(text: str, values: Mapping[str, Parameter]) -> dict[str, Parameter]:
    return {name: value for name, value in values.items() if f"${name}" in text}
