"""Rows of some days, read as arrays: the days are given to the statement as a table.

Owns how a statement is asked about days, and joined with labels that the table does not have yet.
Does not know what the rows tell.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.day_number import IN_DAYS, day_of
from engine.rollup.arrivals import Arrivals
from engine.rollup.snapshot import Place, Snapshot

Array: TypeAlias = npt.NDArray[np.generic]

DAY: Final = day_of("started")

PLACES: Final = "asked_places"
FRESH_LABELS: Final = "fresh_labels"

LABELLED_SESSIONS: Final = f"""
    sessions JOIN (
        SELECT number, project_id, release, environment FROM labels
        UNION ALL SELECT * FROM {FRESH_LABELS}
    ) AS named USING (project_id, release, environment)
"""  # noqa: S608  (names of ours)

OF_PLACES: Final = (
    f"{IN_DAYS} AND (project_id, {DAY})"  # noqa: S608  (names of ours)
    f" IN (SELECT (project_id, day) FROM {PLACES})"
)
"""Which sessions started on the days asked for."""


def read_rows(
    snapshot: Snapshot, text: str, places: Sequence[Place], arrivals: Arrivals | None = None
) -> dict[str, Array]:
    """Give the columns of a statement about places; it may use `$first` and `$last` day, too.

    With `arrivals` it has to use their parameters.
    """
    snapshot.check()
    fresh_ones = snapshot.directory.fresh()
    asked = pa.table(
        {
            "project_id": pa.array([project for project, _ in places], pa.int64()),
            "day": pa.array([day for _, day in places], pa.int32()),
        }
    )
    fresh = pa.table(
        {
            "number": pa.array([number for number, _ in fresh_ones], pa.int32()),
            "project_id": pa.array([name.project for _, name in fresh_ones], pa.int64()),
            "release": pa.array([name.release for _, name in fresh_ones], pa.string()),
            "environment": pa.array([name.environment for _, name in fresh_ones], pa.string()),
        }
    )
    cursor = snapshot.cursor
    values = {**_ends(places), **(arrivals.values if arrivals else {})}
    cursor.register(PLACES, asked)
    cursor.register(FRESH_LABELS, fresh)
    found = cursor.execute(text, values).fetchnumpy()
    cursor.unregister(PLACES)  # nothing can be unregistered after a failure, but its cursor ends
    cursor.unregister(FRESH_LABELS)
    columns = {name: np.asarray(column) for name, column in found.items()}
    snapshot.note(text, values)
    snapshot.rows += len(next(iter(columns.values())))
    return columns


def _ends(places: Sequence[Place]) -> dict[str, int]:
    days = [day for _, day in places]
    return {"first": min(days), "last": max(days)}
