"""The contestant of exact SQL typed into DuckDB: a plain table of folded sessions.

Owns how its table is made. The folded rows also leave as Parquet, for the exact table in chDB.
"""

from pathlib import Path

import duckdb

from benchmarks.data import Data
from benchmarks.race.memory import HALF
from benchmarks.race.rows import Columns

_MEMORY = f"{HALF}B"

_FOLD = """
    CREATE TABLE folded AS
    SELECT project_id, epoch_us(date_trunc('second', min(started))) // 1000000 AS started,
        min(release) AS release, min(environment) AS environment,
        CAST(CASE WHEN bool_or(status = 'crashed') THEN 4 WHEN bool_or(status = 'abnormal') THEN 3
            WHEN bool_or(status = 'unhandled') THEN 2 WHEN max(errors) > 0 THEN 1
            ELSE 0 END AS UTINYINT) AS outcome,
        CAST(1 AS BIGINT) AS quantity, CAST(min(distinct_id) AS UUID) AS distinct_id,
        max(duration) FILTER (status = 'exited') AS duration,
        max(abnormal_mechanism) AS abnormal_mechanism
    FROM rows WHERE session_id IS NOT NULL GROUP BY project_id, session_id
    UNION ALL
    SELECT project_id, epoch_us(started) // 1000000, release, environment, outcome, quantity,
        NULL, NULL, NULL
    FROM (SELECT *, unnest([exited, errored, unhandled, abnormal, crashed]) AS quantity,
            CAST(unnest([0, 1, 2, 3, 4]) AS UTINYINT) AS outcome
          FROM rows WHERE session_id IS NULL)
    WHERE quantity > 0
    ORDER BY project_id, started
"""

_SILENT = "SET enable_progress_bar = false"
_EXPORT = """
    COPY (SELECT * REPLACE (CAST(distinct_id AS VARCHAR) AS distinct_id) FROM folded)
"""


def build(path: Path, exported: Path, data: Data) -> None:
    """Fold all rows into a database file, and write them as Parquet besides."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with duckdb.connect(str(unfinished), config={"memory_limit": _MEMORY}) as connection:
        connection.execute(_SILENT)
        files = str(data.folder / "*.parquet")
        connection.execute(f"CREATE TEMP VIEW rows AS SELECT * FROM read_parquet('{files}')")  # noqa: S608  (a path of ours)
        connection.execute(_FOLD)
        connection.execute(f"{_EXPORT} TO '{exported}' (FORMAT parquet, COMPRESSION zstd)")
    unfinished.rename(path)


class Duck:
    """A connection to a database of plain folded sessions."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Use a connection; `open_file` makes one."""
        self._connection = connection
        connection.execute(_SILENT)

    def another(self) -> "Duck":
        """Open one more connection."""
        return Duck(self._connection.cursor())

    def run(self, statement: str) -> Columns:
        """Run one statement and fetch all its rows, in the way that takes the least time."""
        return self._connection.execute(statement).fetchnumpy()

    def kept_bytes(self) -> int:
        """Give nothing: the size of this file is not judged."""
        return 0


def open_file(path: Path) -> Duck:
    """Open the file that `build` made."""
    return Duck(duckdb.connect(str(path), read_only=True, config={"memory_limit": _MEMORY}))
