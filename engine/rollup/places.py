"""Rows of some days, read as arrays: the days are given to the statement as a table.

Owns how a statement is asked about days, and joined with labels that the table does not have yet.
Does not know what the rows tell.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.day_number import IN_DAYS, day_of
from engine.rollup.grain import HOUR_SECONDS, HOURS_A_DAY
from engine.rollup.snapshot import Place, Snapshot
from engine.sql.form import Parameter

Array: TypeAlias = npt.NDArray[np.generic]

DAY: Final = day_of("started")
HOUR: Final = f"CAST(floor(started / {HOUR_SECONDS}) - {HOURS_A_DAY} * {DAY} AS INTEGER)"
"""The hour of the day (`%` would keep the sign of moments before 1970.)"""

PLACES: Final = "asked_places"
FRESH_LABELS: Final = "fresh_labels"

NAMED: Final = f"""(
    SELECT number, project_id, release, environment FROM labels
    UNION ALL
    SELECT * FROM {FRESH_LABELS} ANTI JOIN labels USING (project_id, release, environment)
)"""  # noqa: S608  (names of ours)
"""All labels with their numbers, each once."""

LABELLED_SESSIONS: Final = (
    f"sessions JOIN {NAMED} AS named USING (project_id, release, environment)"
)

OF_PLACES: Final = (
    f"{IN_DAYS} AND (project_id, {DAY})"  # noqa: S608  (names of ours)
    f" IN (SELECT (project_id, day) FROM {PLACES})"
)
"""Which sessions started on the days asked for."""


def read_rows(
    snapshot: Snapshot,
    text: str,
    places: Sequence[Place],
    tables: Collection[str] = (PLACES, FRESH_LABELS),
    more: Mapping[str, Parameter] | None = None,
) -> dict[str, Array]:
    """Give the columns of a statement about places; it may use `$first` and `$last` day, too.

    It reads these `tables` of labels and places, and has `more` parameters.
    """
    snapshot.check()
    cursor, days = snapshot.cursor, [day for _, day in places]
    first, last, more = min(days), max(days), more or {}
    for name in tables:
        cursor.register(name, _table_of(places) if name == PLACES else _fresh_labels(snapshot))
    found = cursor.execute(text, {"first": first, "last": last, **more}).fetchnumpy()
    for name in tables:  # nothing can be unregistered after a failure, but its cursor ends
        cursor.unregister(name)
    columns = {name: np.asarray(column) for name, column in found.items()}
    snapshot.note(text, first, last, more)
    snapshot.rows += len(next(iter(columns.values())))
    return columns


def _table_of(places: Sequence[Place]) -> pa.Table:
    return pa.table(
        {
            "project_id": pa.array([project for project, _ in places], pa.int64()),
            "day": pa.array([day for _, day in places], pa.int32()),
        }
    )


def _fresh_labels(snapshot: Snapshot) -> pa.Table:
    fresh = snapshot.directory.fresh()
    return pa.table(
        {
            "number": pa.array([number for number, _ in fresh], pa.int32()),
            "project_id": pa.array([name.project for _, name in fresh], pa.int64()),
            "release": pa.array([name.release for _, name in fresh], pa.string()),
            "environment": pa.array([name.environment for _, name in fresh], pa.string()),
        }
    )
