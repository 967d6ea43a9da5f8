"""The incumbent in chDB: raw updates, hourly states by a materialised view; and exact folded rows.

Owns the tables of both ClickHouse contestants. The hourly table is the published design: its
columns of the first version, always empty today, and the retention of old rows are left out.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from benchmarks.data import Data
from benchmarks.data.catalogue import PROJECTS, organization_id
from benchmarks.race.memory import HALF
from benchmarks.race.rows import Columns

_NIL = "toUUID('00000000-0000-0000-0000-000000000000')"
_NO_DURATION = 4_294_967_295
_NUMBERS = {number: organization_id(slug) for number, (slug, _) in PROJECTS.items()}
_ORGANIZATION = f"transform(project_id, {[*_NUMBERS]}, {[*_NUMBERS.values()]}, 0)"

_RAW_TABLE = """
    CREATE TABLE sessions_raw (
        session_id UUID, distinct_id UUID, quantity UInt32, seq UInt64, org_id UInt64,
        project_id UInt64, retention_days UInt16, duration UInt32, status UInt8, errors UInt16,
        received DateTime('UTC'), started DateTime('UTC'),
        release LowCardinality(String), environment LowCardinality(String),
        user_agent LowCardinality(String), os LowCardinality(String)
    ) ENGINE = MergeTree PARTITION BY toMonday(started)
    ORDER BY (org_id, project_id, release, environment, started)
    SETTINGS index_granularity = 16384
"""

_HOURLY_TABLE = """
    CREATE TABLE sessions_hourly (
        org_id UInt64, project_id UInt64, started DateTime('UTC'),
        release LowCardinality(String), environment LowCardinality(String),
        user_agent LowCardinality(String), os LowCardinality(String),
        duration_quantiles AggregateFunction(quantilesIf(0.5, 0.9), UInt32, UInt8),
        duration_avg AggregateFunction(avgIf, UInt32, UInt8),
        sessions_preaggr AggregateFunction(sumIf, UInt32, UInt8),
        sessions_crashed_preaggr AggregateFunction(sumIf, UInt32, UInt8),
        sessions_abnormal_preaggr AggregateFunction(sumIf, UInt32, UInt8),
        sessions_errored AggregateFunction(uniqIf, UUID, UInt8),
        sessions_errored_preaggr AggregateFunction(sumIf, UInt32, UInt8),
        users AggregateFunction(uniqIf, UUID, UInt8),
        users_crashed AggregateFunction(uniqIf, UUID, UInt8),
        users_abnormal AggregateFunction(uniqIf, UUID, UInt8),
        users_errored AggregateFunction(uniqIf, UUID, UInt8)
    ) ENGINE = AggregatingMergeTree PARTITION BY toMonday(started)
    ORDER BY (org_id, project_id, release, environment, started)
    SETTINGS index_granularity = 256, allow_dimensions_outside_sorting_key = 1
"""

_VIEW = f"""
    CREATE MATERIALIZED VIEW sessions_hourly_view TO sessions_hourly AS
    SELECT org_id, project_id, toStartOfHour(started) AS started,
        release, environment, user_agent, os,
        quantilesIfState(0.5, 0.9)(duration, duration <> {_NO_DURATION} AND status = 1)
            AS duration_quantiles,
        avgIfState(duration, duration <> {_NO_DURATION} AND status = 1) AS duration_avg,
        sumIfState(quantity, seq = 0) AS sessions_preaggr,
        sumIfState(quantity, status = 2) AS sessions_crashed_preaggr,
        sumIfState(quantity, status = 3) AS sessions_abnormal_preaggr,
        uniqIfState(session_id, errors > 0 AND session_id <> {_NIL}) AS sessions_errored,
        sumIfState(quantity, status IN (2, 3, 4) AND session_id = {_NIL})
            AS sessions_errored_preaggr,
        uniqIfState(distinct_id, distinct_id <> {_NIL}) AS users,
        uniqIfState(distinct_id, distinct_id <> {_NIL} AND status = 2) AS users_crashed,
        uniqIfState(distinct_id, distinct_id <> {_NIL} AND status = 3) AS users_abnormal,
        uniqIfState(distinct_id, distinct_id <> {_NIL} AND errors > 0) AS users_errored
    FROM sessions_raw
    GROUP BY org_id, project_id, started, release, environment, user_agent, os
"""  # noqa: S608  (constants of ours)

_COLUMNS = (
    "session_id, distinct_id, quantity, seq, org_id, project_id, retention_days, duration, status,"
    " errors, received, started, release, environment, user_agent, os"
)

_ONE_BY_ONE = f"""
    INSERT INTO sessions_raw ({_COLUMNS})
    SELECT toUUID(assumeNotNull(session_id)), toUUIDOrZero(ifNull(distinct_id, '')), 1,
        if(init, 0, assumeNotNull(seq)), {_ORGANIZATION}, assumeNotNull(project_id), 90,
        if(duration IS NULL, {_NO_DURATION}, toUInt32(round(assumeNotNull(duration) * 1000))),
        transform(assumeNotNull(status), ['ok', 'exited', 'crashed', 'abnormal', 'unhandled'],
            [0, 1, 2, 3, 0], 4),
        if(status IN ('crashed', 'abnormal', 'unhandled'), greatest(1, assumeNotNull(errors)),
            assumeNotNull(errors)),
        toDateTime(assumeNotNull(timestamp), 'UTC'), toDateTime(assumeNotNull(started), 'UTC'),
        assumeNotNull(release), assumeNotNull(environment), '', ''
    FROM file('{{file}}', Parquet) WHERE session_id IS NOT NULL
"""  # noqa: S608  (constants of ours)
"""`unhandled` is younger than this design: such a session is one with an error."""

_COUNTED = f"""
    INSERT INTO sessions_raw ({_COLUMNS})
    SELECT {_NIL}, {_NIL}, assumeNotNull(pair.2), 0, {_ORGANIZATION}, assumeNotNull(project_id), 90,
        {_NO_DURATION}, pair.1, 0,
        toDateTime(assumeNotNull(timestamp), 'UTC'), toDateTime(assumeNotNull(started), 'UTC'),
        assumeNotNull(release), assumeNotNull(environment), '', ''
    FROM file('{{file}}', Parquet)
    ARRAY JOIN [(1, exited), (4, errored), (4, unhandled), (3, abnormal), (2, crashed)] AS pair
    WHERE session_id IS NULL AND pair.2 > 0
"""  # noqa: S608  (constants of ours)

_FOLDED = """
    CREATE TABLE folded (
        project_id UInt64, started DateTime('UTC'), release LowCardinality(String),
        environment LowCardinality(String), outcome UInt8, quantity UInt32, distinct_id UUID,
        duration Float64, abnormal_mechanism LowCardinality(String)
    ) ENGINE = MergeTree PARTITION BY toMonday(started)
    ORDER BY (project_id, release, environment, started) AS
    SELECT project_id, toDateTime(assumeNotNull(started), 'UTC') AS started, release, environment,
        outcome, quantity, toUUIDOrZero(ifNull(distinct_id, '')) AS distinct_id,
        ifNull(duration, -1) AS duration, ifNull(abnormal_mechanism, '') AS abnormal_mechanism
    FROM file('{file}', Parquet)
"""

INCUMBENT_TABLES: Sequence[str] = (_RAW_TABLE, _HOURLY_TABLE, _VIEW)
"""What the published design consists of, in the order of creation."""

_KEPT = """
    SELECT toInt64(sum(bytes_on_disk)) AS bytes FROM system.parts
    WHERE active AND table IN ('sessions_raw', 'sessions_hourly')
"""


def build(path: Path, exported: Path, data: Data) -> None:
    """Fill both contestants' tables, file by file, and merge their parts to the end."""
    unfinished = path.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    house = House(unfinished)
    for statement in INCUMBENT_TABLES:
        house.command(statement)
    for file in data.files:
        house.command(_ONE_BY_ONE.format(file=file))
        house.command(_COUNTED.format(file=file))
    house.command(_FOLDED.format(file=exported))
    for table in ("sessions_raw", "sessions_hourly", "folded"):
        house.command(f"OPTIMIZE TABLE {table} FINAL")
    house.close()
    unfinished.rename(path)


class House:
    """An open chDB database."""

    def __init__(self, path: Path) -> None:
        """Open the folder, or make it; needs the optional group `race`."""
        from chdb.session import Session  # noqa: PLC0415  (optional)

        self._path = path
        self._session = Session(str(path))
        self.command(f"SET max_threads = {os.cpu_count() or 1}")
        self.command(f"SET max_memory_usage = {HALF}, max_memory_usage_for_user = {HALF}")

    def command(self, statement: str) -> None:
        """Run a statement that answers nothing."""
        self._session.query(statement)

    def run(self, statement: str) -> Columns:
        """Run one statement and fetch all its rows."""
        answer = self._session.query(statement, "ArrowStream")
        table = pa.ipc.open_stream(answer.bytes()).read_all()
        return {name: table[name].combine_chunks() for name in table.column_names}

    def another(self) -> "House":
        """Open one more session."""
        return House(self._path)

    def kept_bytes(self) -> int:
        """Say how much of the disk the raw and the hourly table take."""
        return int(self.run(_KEPT)["bytes"].tolist()[0])

    def close(self) -> None:
        """Let go of the folder."""
        self._session.close()
