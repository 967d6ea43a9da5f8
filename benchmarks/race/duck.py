"""The contestant of exact SQL typed into DuckDB: a plain table of folded sessions.

Owns how its table is made. The folded rows also leave as Parquet, for the exact table in chDB.
"""

from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.data import Data

_FOLD = """
    CREATE TABLE folded AS
    SELECT project_id, epoch_us(date_trunc('second', min(started))) // 1000000 AS started,
        min(release) AS release, min(environment) AS environment,
        CAST(CASE WHEN bool_or(status = 'crashed') THEN 4 WHEN bool_or(status = 'abnormal') THEN 3
            WHEN bool_or(status = 'unhandled') THEN 2 WHEN max(errors) > 0 THEN 1
            ELSE 0 END AS UTINYINT) AS outcome,
        CAST(1 AS BIGINT) AS quantity, min(distinct_id) AS distinct_id,
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


def build(path: Path, exported: Path, data: Data) -> None:
    """Fold all rows into a database file, and write them as Parquet besides."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with duckdb.connect(str(unfinished)) as connection:
        connection.execute("SET memory_limit = '5GB'")
        files = str(data.folder / "*.parquet")
        connection.execute(f"CREATE TEMP VIEW rows AS SELECT * FROM read_parquet('{files}')")  # noqa: S608  (a path of ours)
        connection.execute(_FOLD)
        connection.execute(f"COPY folded TO '{exported}' (FORMAT parquet, COMPRESSION zstd)")
    unfinished.rename(path)


class Duck:
    """An open database of plain folded sessions."""

    def __init__(self, path: Path) -> None:
        """Open the file that `build` made."""
        self._connection = duckdb.connect(str(path), read_only=True)

    def run(self, statement: str) -> pa.Table:
        """Run one statement and fetch all its rows."""
        return self._connection.sql(statement).to_arrow_table()

    def kept_bytes(self) -> int:
        """Give nothing: the size of this file is not judged."""
        return 0
