"""Updates that are on disk, and acknowledged, but not folded yet.

Owns the table they wait in, and which rows can be put there as they are. One short transaction puts
them there; another one, a moment later and for many of these at once, moves them on
(`engine.loading.fold_pending`). What waits when a process dies is folded when the file is opened
again. Does not know how rows are read or folded.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import duckdb
import pyarrow as pa

from engine.intake import REPORTED_SCHEMA
from engine.storage import Storage
from schema.session import COUNT_COLUMNS, REPORTED_COLUMNS, UpdateStatus

Rows: TypeAlias = Sequence[Mapping[str, object]]

_NAMES: Final = tuple(column.name for column in REPORTED_COLUMNS)
_BOTH: Final = frozenset(
    {"project_id", "distinct_id", "started", "timestamp", "release", "environment"}
)
_SINGLE: Final = _BOTH | {
    "session_id",
    "seq",
    "init",
    "status",
    "errors",
    "duration",
    "abnormal_mechanism",
}
_COUNTED: Final = _BOTH | frozenset(COUNT_COLUMNS)
_DEFAULTS: Final[Mapping[str, object]] = {
    "seq": 0,
    "init": False,
    "status": UpdateStatus.OK.value,
    "errors": 0,
}
"""What a pre-counted row has in columns that say nothing of it, as `engine.rules` would have it."""

_INSERT: Final = f"""
    INSERT INTO pending_updates
    SELECT {", ".join(f'"{name}"' for name in _NAMES)} FROM arriving
"""  # noqa: S608  (names of ours)


def append(storage: Storage, rows: Rows, *, projects: frozenset[int]) -> bool:
    """Put rows on disk that are complete and normalised; False, and nothing done, if some are not.

    StorageUnavailable says why they cannot be written.
    """
    if not all(row.keys() in (_SINGLE, _COUNTED) and row["project_id"] in projects for row in rows):
        return False
    try:
        table = _table(rows)
        with storage.adding() as cursor:
            cursor.register("arriving", table)
            cursor.execute(_INSERT)
            cursor.unregister("arriving")
    except (pa.ArrowException, OverflowError, duckdb.ConversionException):
        return False
    return True


def _table(rows: Rows) -> pa.Table:
    columns = {
        name: pa.array(
            [row.get(name, _DEFAULTS.get(name)) for row in rows], REPORTED_SCHEMA.field(name).type
        )
        for name in _NAMES
    }
    return pa.table(columns)
