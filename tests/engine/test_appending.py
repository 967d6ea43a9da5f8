"""Rows become session updates by the rules, or bad rows with a line and a reason."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import moments
from engine.appending import append_batch
from engine.errors import LoadError
from engine.intake import LINE, REPORTED_ROWS, BadRow, Batch, Intake, shown
from engine.release import environment_name_problem, release_name_problem
from engine.rows import batches
from schema.ddl import TABLES
from schema.session import COUNT_COLUMNS, NIL_UUID, REPORTED_COLUMNS

SESSION = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
STARTED = datetime(2021, 1, 14, 12, tzinfo=UTC)
SECONDS = 1_610_625_600
ROW: Mapping[str, object] = {"project_id": 1, "session_id": SESSION, "started": SECONDS}
COUNTED: Mapping[str, object] = {"project_id": 1, "started": SECONDS}

WHOLE = "it must be a whole number that is not negative"
MOMENT = "it must be an ISO-8601 time or Unix seconds, in the years 1 to 9999"
RELEASE = (
    "it must be a name of at most 200 bytes without slashes, backslashes and control characters"
    " that is none of ., .. and latest"
)


NEXT = "SELECT coalesce(max(arrival), 0) + 1 FROM session_updates"
READ_BACK = f"""
    SELECT {", ".join(f'"{column.name}"' for column in REPORTED_COLUMNS)}
    FROM (
        SELECT * REPLACE ({moments.STARTED} AS started), {moments.TIMESTAMP} AS timestamp
        FROM session_updates
    )
    LEFT JOIN people ON number = person WHERE arrival >= $first
    ORDER BY arrival
"""  # noqa: S608  (names of ours)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database with projects 1 and 2; its sessions are far from UTC, without effect."""
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'America/New_York'")
        for table in TABLES:
            opened.execute(table)
        opened.execute("INSERT INTO projects SELECT id, 1, id, id FROM range(1, 3) AS ids (id)")
        yield opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a batch, and its good rows as they are read back, with their users' names."""

    intake: Intake
    updates: pa.Table

    @property
    def bad(self) -> tuple[BadRow, ...]:
        """Give the first bad rows."""
        return self.intake.bad


def taken(connection: duckdb.DuckDBPyConnection, table: pa.Table, *, first_line: int = 1) -> Taken:
    """Append a table, with and without leave to have bad rows, which must come to the same."""
    batch = Batch(table=table, first_line=first_line)
    one, other = (appended(connection, batch, skip_bad=skip_bad) for skip_bad in (False, True))
    assert one == other
    return one


def appended(connection: duckdb.DuckDBPyConnection, batch: Batch, *, skip_bad: bool) -> Taken:
    """Append a batch after all that is there."""
    ((first,),) = connection.execute(NEXT).fetchall()
    intake = append_batch(connection, batch, first=first, skip_bad=skip_bad)
    updates = connection.sql(READ_BACK, params={"first": first}).to_arrow_table()
    assert len(updates) == intake.appended
    at = updates.column_names.index("session_id")
    return Taken(
        intake=intake, updates=updates.set_column(at, "session_id", updates[at].cast(pa.string()))
    )


def rows_taken(connection: duckdb.DuckDBPyConnection, *rows: Mapping[str, object]) -> Taken:
    """Append rows that must fit into one batch."""
    (batch,) = batches(rows)
    assert batch.bad == ()
    return taken(connection, batch.table, first_line=batch.first_line)


def one(connection: duckdb.DuckDBPyConnection, row: Mapping[str, object]) -> dict[str, object]:
    """Append one good row and read it back; a moment comes back in UTC."""
    found = rows_taken(connection, row)
    assert found.bad == ()
    (update,) = found.updates.to_pylist()
    for name in ("started", "timestamp"):
        update[name] = update[name].replace(tzinfo=UTC)
    return dict(update)


def test_least_row_gets_every_default(connection: duckdb.DuckDBPyConnection) -> None:
    """A project, a session and its start are enough."""
    assert one(connection, ROW) == {
        "project_id": 1,
        "session_id": SESSION,
        "distinct_id": None,
        "started": STARTED,
        "timestamp": STARTED,
        "seq": 0,
        "init": False,
        "status": "ok",
        "errors": 0,
        "duration": None,
        "release": "",
        "environment": "",
        "abnormal_mechanism": None,
        **dict.fromkeys(COUNT_COLUMNS),
    }


def test_row_of_the_reference_fixtures_needs_no_rename(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """`received` is the timestamp, `seq` 0 begins a session, and what means nothing is ignored."""
    row = {
        "distinct_id": NIL_UUID,
        "status": "exited",
        "seq": 0,
        "release": "foo@1.0.0",
        "environment": "production",
        "retention_days": 90,
        "duration": 25.0,
        "errors": 0,
        "started": 1_610_626_320,
        "received": 1_610_627_248.303,
        "session_id": "00000000000000000000000000000001",
        "org_id": 1,
        "project_id": 1,
        "started_iso": "2021-01-14T12:12:00Z",
    }

    update = one(connection, row)

    assert rows_taken(connection, row).intake.ignored_columns == (
        "org_id",
        "retention_days",
        "started_iso",
    )
    assert update["timestamp"] == datetime(2021, 1, 14, 12, 27, 28, 303_000, tzinfo=UTC)
    assert update["init"] is True
    assert update["distinct_id"] is None


BAD = {
    "project-missing": ({"project_id": None}, "project_id is missing; it must be the id of an"),
    "project-unknown": ({"project_id": 9}, "project_id is 9; it must be the id of an existing"),
    "project-text": ({"project_id": "x"}, 'project_id is "x"; it must be the id of an existing'),
    "session-not-uuid": ({"session_id": "zz"}, 'session_id is "zz"; it must be a UUID'),
    "session-number": ({"session_id": 12}, "session_id is 12; it must be a UUID"),
    "session-nil": (
        {"session_id": "0" * 32},
        f'session_id is "{"0" * 32}"; it must be a UUID that',
    ),
    "session-missing": ({"session_id": None}, "session_id is missing; it must be a UUID that is"),
    "both": ({"exited": 1}, f'session_id is "{SESSION}"; it must be left out of a row that has'),
    "started-missing": ({"started": None}, "started is missing; it must be an ISO-8601 time or"),
    "started-word": ({"started": "yesterday"}, f'started is "yesterday"; {MOMENT}'),
    "started-no-day": ({"started": "2021-02-30"}, f'started is "2021-02-30"; {MOMENT}'),
    "started-special": ({"started": "infinity"}, f'started is "infinity"; {MOMENT}'),
    "started-milliseconds": ({"started": SECONDS * 1000}, f"started is 1610625600000; {MOMENT}"),
    "started-year-0": ({"started": "0000-12-31T23:59:59Z"}, MOMENT),
    "started-year-10000": ({"started": 253_402_300_800}, MOMENT),
    "started-nan": ({"started": float("nan")}, MOMENT),
    "started-flag": ({"started": True}, f"started is true; {MOMENT}"),
    "timestamp-word": ({"timestamp": "x"}, f'timestamp is "x"; {MOMENT}'),
    "received-word": ({"received": "x"}, f'received is "x"; {MOMENT}'),
    "seq-negative": ({"seq": -1}, f"seq is -1; {WHOLE}"),
    "errors-negative": ({"errors": -1}, f"errors is -1; {WHOLE}"),
    "errors-fraction": ({"errors": 1.5}, f"errors is 1.5; {WHOLE}"),
    "errors-huge": ({"errors": 2**64}, f'errors is "{2**64}"; {WHOLE}'),
    "init-word": ({"init": "perhaps"}, 'init is "perhaps"; it must be true or false'),
    "duration-negative": ({"duration": -0.5}, "duration is -0.5; it must be a finite number of"),
    "duration-nan": ({"duration": float("nan")}, "duration is NaN; it must be a finite number"),
    "duration-infinite": ({"duration": float("inf")}, "duration is Infinity; it must be a finite"),
    "release-slash": ({"release": "a/b"}, f'release is "a/b"; {RELEASE}'),
    "release-latest": ({"release": "Latest"}, f'release is "Latest"; {RELEASE}'),
    "release-nul": ({"release": "a\x00"}, f'release is "a\\u0000"; {RELEASE}'),
    "release-long": ({"release": "é" * 101}, f'release is "{"é" * 39}…; {RELEASE}'),
}


@pytest.mark.parametrize(("change", "reason"), BAD.values(), ids=BAD.keys())
def test_bad_row_names_column_value_and_what_is_right(
    connection: duckdb.DuckDBPyConnection, change: Mapping[str, object], reason: str
) -> None:
    """A person who reads the reason can find the row and mend it."""
    found = rows_taken(connection, {**ROW, **change})

    ((line, why),) = [(row.line, row.reason) for row in found.bad]
    assert (line, found.intake.bad_count, found.intake.appended) == (1, 1, 0)
    assert reason in why


def test_good_rows_beside_bad_ones_are_kept(connection: duckdb.DuckDBPyConnection) -> None:
    """What the caller does with them is the caller's to decide."""
    found = rows_taken(connection, ROW, {**ROW, "seq": -1}, {**ROW, "seq": 5})

    assert [row.line for row in found.bad] == [2]
    assert found.updates["seq"].to_pylist() == [0, 5]


@pytest.mark.parametrize("value", [-1, 1.5, "many", True, str(2**63)])
def test_count_is_a_whole_number(connection: duckdb.DuckDBPyConnection, value: object) -> None:
    """Nothing is rounded, and nothing wraps."""
    found = rows_taken(connection, {**COUNTED, "crashed": value})

    assert found.bad == (BadRow(line=1, reason=f"crashed is {shown(value)}; {WHOLE}"),)


def test_count_has_a_bound(connection: duckdb.DuckDBPyConnection) -> None:
    """The same as for clients; far more sessions than there are could not be added up."""
    found = rows_taken(connection, {**COUNTED, "exited": 2**32 - 1}, {**COUNTED, "exited": 2**32})

    assert found.bad == (
        BadRow(line=2, reason="exited is 4294967296; it must be at most 4294967295"),
    )


def test_pre_counted_row_has_all_five_counts(connection: duckdb.DuckDBPyConnection) -> None:
    """One count given makes the others 0; a nil session id is none."""
    update = one(connection, {**COUNTED, "session_id": NIL_UUID, "crashed": 2})

    assert update["session_id"] is None
    assert [update[name] for name in COUNT_COLUMNS] == [0, 0, 0, 0, 2]


def test_zero_counts_beside_a_session_say_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """A table that holds both kinds of rows may be filled up with zeros."""
    found = rows_taken(connection, {**ROW, "exited": 0}, {**COUNTED, "exited": 3})

    assert found.bad == ()
    assert found.updates["session_id"].to_pylist() == [SESSION, None]
    assert found.updates["exited"].to_pylist() == [None, 3]


MOMENTS = {
    "utc": ("2021-01-14T12:00:00Z", STARTED),
    "lower-case": ("2021-01-14t12:00:00z", STARTED),
    "no-offset": ("2021-01-14T12:00:00", STARTED),
    "blank": ("2021-01-14 12:00", STARTED),
    "offset": ("2021-01-14T14:00:00+02:00", STARTED),
    "short-offset": ("2021-01-14T14:00:00+02", STARTED),
    "plain-offset": ("2021-01-14T06:30:00-0530", STARTED),
    "day": ("2021-01-14", STARTED - timedelta(hours=12)),
    "nanoseconds": ("2021-01-14T12:00:00.123456789Z", STARTED + timedelta(microseconds=123_456)),
    "seconds": (SECONDS, STARTED),
    "fraction": (SECONDS + 0.25, STARTED + timedelta(milliseconds=250)),
    "text-of-seconds": (f"{SECONDS}.5", STARTED + timedelta(milliseconds=500)),
    "first": ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    "last": (253_402_300_799, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    "before-1970": (-0.5, datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)),
}


@pytest.mark.parametrize(("text", "moment"), MOMENTS.values(), ids=MOMENTS.keys())
def test_moment_is_read_in_any_spelling(
    connection: duckdb.DuckDBPyConnection, text: object, moment: datetime
) -> None:
    """Without an offset a time is UTC, whatever the zone of the connection."""
    assert one(connection, {**ROW, "started": text})["started"] == moment


ARROW_MOMENTS = {
    "seconds": pa.array([SECONDS], pa.timestamp("s")),
    "zoned-milliseconds": pa.array([SECONDS * 1000], pa.timestamp("ms", "Asia/Kolkata")),
    "microseconds": pa.array([SECONDS * 1_000_000], pa.timestamp("us")),
    "zoned-nanoseconds": pa.array([SECONDS * 1_000_000_000], pa.timestamp("ns", "UTC")),
    "unsigned": pa.array([SECONDS], pa.uint32()),
    "decimal": pa.array([SECONDS], pa.int64()).cast(pa.decimal128(20, 0)),
    "encoded": pa.array(["2021-01-14T12:00:00Z"]).dictionary_encode(),
}


@pytest.mark.parametrize("started", ARROW_MOMENTS.values(), ids=ARROW_MOMENTS.keys())
def test_moment_is_read_from_any_arrow_type(
    connection: duckdb.DuckDBPyConnection, started: pa.Array
) -> None:
    """A file keeps its own type of time."""
    table = pa.table({"project_id": [1], "session_id": [SESSION], "started": started})

    assert taken(connection, table).updates["started"].to_pylist() == [STARTED.replace(tzinfo=None)]


UUIDS = {
    "canonical": SESSION,
    "upper": SESSION.upper(),
    "plain": SESSION.replace("-", ""),
    "braces": f"{{{SESSION}}}",
    "urn": f"urn:uuid:{SESSION}",
    "URN": f"URN:UUID:{SESSION.upper()}",
}


@pytest.mark.parametrize("spelling", UUIDS.values(), ids=UUIDS.keys())
def test_uuid_is_one_in_any_spelling(connection: duckdb.DuckDBPyConnection, spelling: str) -> None:
    """A session and a user are the same however their ids are written."""
    update = one(connection, {**ROW, "session_id": spelling, "distinct_id": spelling})

    assert (update["session_id"], update["distinct_id"]) == (SESSION, SESSION)


def test_uuid_is_read_from_bytes(connection: duckdb.DuckDBPyConnection) -> None:
    """Parquet keeps a UUID as 16 bytes, with or without saying so."""
    raw = pa.array([uuid.UUID(SESSION).bytes], pa.binary(16))
    for ids in (raw, pa.array([uuid.UUID(SESSION)]), raw.cast(pa.binary())):
        table = pa.table({"project_id": [1], "session_id": ids, "started": [SECONDS]})

        assert taken(connection, table).updates["session_id"].to_pylist() == [SESSION]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Joe", "Joe"),
        (" Joe ", " Joe "),
        ("x" * 36, "x" * 36),
        ("", None),
        ("0" * 32, None),
        (7, "7"),
    ],
)
def test_user_is_any_text(
    connection: duckdb.DuckDBPyConnection, value: object, kept: object
) -> None:
    """Text that is no UUID stays as it is; nil and empty are nobody."""
    assert one(connection, {**ROW, "distinct_id": value})["distinct_id"] == kept


@pytest.mark.parametrize(
    ("given_fields", "init"),
    [({}, False), ({"seq": 0}, True), ({"seq": 3}, False), ({"seq": 0, "init": False}, False)],
)
def test_init_follows_seq(
    connection: duckdb.DuckDBPyConnection, given_fields: Mapping[str, object], init: object
) -> None:
    """A sender that numbers its updates begins with 0; what it says itself wins."""
    assert one(connection, {**ROW, **given_fields})["init"] is init


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"status": "weird"}, "status", "weird"),
        ({"abnormal_mechanism": "none"}, "abnormal_mechanism", None),
        ({"abnormal_mechanism": "anr_background"}, "abnormal_mechanism", "anr_background"),
        ({"environment": "a/b"}, "environment", ""),
        ({"environment": "None"}, "environment", ""),
        ({"environment": "x" * 65}, "environment", ""),
        ({"environment": "x" * 64}, "environment", "x" * 64),
        ({"timestamp": "2020-01-01"}, "timestamp", STARTED),
        ({"timestamp": SECONDS + 1, "received": 0}, "timestamp", STARTED + timedelta(seconds=1)),
    ],
)
def test_value_that_can_be_mended_is(
    connection: duckdb.DuckDBPyConnection,
    change: Mapping[str, object],
    column: str,
    value: object,
) -> None:
    """An unknown status is kept, a bad environment is none, an update is not before its start."""
    assert one(connection, {**ROW, **change})[column] == value


NAMES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [".", "..", "latest", "LATEST", "none", "None", "", "a\\b", "é" * 100, "é" * 101]
    ),
)


@settings(max_examples=60, deadline=None)
@given(name=NAMES)
def test_names_are_judged_as_everywhere_else(
    connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    """The rule in SQL and the rule for single names are one rule."""
    found = rows_taken(connection, {**ROW, "release": name, "environment": "x"})
    environment = one(connection, {**ROW, "environment": name})["environment"]

    assert (found.intake.bad_count == 1) is (release_name_problem(name) is not None)
    assert environment == ("" if environment_name_problem(name) else name)


@pytest.mark.parametrize("most", [0, 3, 20_000])
@pytest.mark.parametrize("encode", [False, True])
def test_names_are_judged_however_they_are_kept(
    connection: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    *,
    encode: bool,
) -> None:
    """One by one where they are few, row by row where they are many; in a dictionary or not."""
    monkeypatch.setattr("engine.appending._MOST_NAMES", most)
    names = pa.array(["a", "b/c", None, "a", "latest", "d"])
    environments = pa.array(["x", "none", "y", "n/a", None, "z"])
    kept = [column.dictionary_encode() if encode else column for column in (names, environments)]
    table = pa.table(
        {
            "project_id": [1] * 6,
            "session_id": [SESSION] * 6,
            "started": [SECONDS] * 6,
            "release": kept[0],
            "environment": kept[1],
        }
    )

    found = taken(connection, table)

    assert [row.line for row in found.bad] == [2, 5]
    assert found.updates["release"].to_pylist() == ["a", "", "a", "d"]
    assert found.updates["environment"].to_pylist() == ["x", "y", "", "z"]


def test_order_of_rows_is_kept(connection: duckdb.DuckDBPyConnection) -> None:
    """Ties between updates are decided by arrival, so threads must not shuffle a batch."""
    count = 400_000
    parts = [
        pa.table({"seq": range(start, start + 100_000), "status": ["ok"] * 100_000})
        for start in range(0, count, 100_000)
    ]
    table = pa.concat_tables(parts)
    table = table.append_column("project_id", pa.repeat(1, count))
    table = table.append_column("session_id", pa.repeat(SESSION, count))
    table = table.append_column("started", pa.repeat(SECONDS, count))

    found = taken(connection, table)

    assert found.updates["seq"].equals(table["seq"])


def test_only_the_first_bad_rows_are_named(connection: duckdb.DuckDBPyConnection) -> None:
    """A file that is bad throughout does not fill the memory with reasons."""
    table = pa.table({"project_id": [9] * 500, "started": [SECONDS] * 500})

    found = taken(connection, table, first_line=1001)

    assert found.intake.bad_count == 500
    assert [row.line for row in found.bad] == list(range(1001, 1001 + REPORTED_ROWS))


def test_line_numbers_may_have_gaps(connection: duckdb.DuckDBPyConnection) -> None:
    """Blank lines of a file count, though they are no rows."""
    table = pa.table(
        {LINE: [2, 7], "project_id": [1, 9], "started": [SECONDS] * 2, "exited": [1, 1]}
    )

    found = taken(connection, table)

    assert [row.line for row in found.bad] == [7]
    assert found.intake.ignored_columns == ()


def test_unreadable_types_are_bad_only_where_they_have_values(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """A list is no number, but its absence is an absence."""
    table = pa.table(
        {
            "project_id": [1, 1],
            "session_id": [SESSION, SESSION],
            "started": [SECONDS, SECONDS],
            "errors": [[1], None],
        }
    )

    found = taken(connection, table)

    assert found.bad == (BadRow(line=1, reason=f"errors is [1]; {WHOLE}"),)


def test_table_without_our_columns_is_bad_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """The first thing that is missing is named."""
    found = taken(connection, pa.table({"a": [1, 2]}))

    assert found.intake.bad_count == 2
    assert "project_id is missing" in found.bad[0].reason


def test_empty_table_is_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """No rows are no updates."""
    found = taken(connection, pa.table({"project_id": pa.array([], pa.int64())}))

    assert (len(found.updates), found.intake.bad_count) == (0, 0)


def test_column_that_is_there_twice_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    """Nobody can say which of the two is meant."""
    table = pa.table([pa.array([1]), pa.array([1])], names=["project_id", "project_id"])

    with pytest.raises(LoadError, match="the column project_id is there twice"):
        taken(connection, table)


def test_text_that_is_not_utf8_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    """A damaged file is told, not stored."""
    status = pa.array([b"\xff"]).view(pa.string())
    table = pa.table({"project_id": [1], "started": [SECONDS], "exited": [1], "status": status})

    with pytest.raises(LoadError, match="the rows are damaged"):
        taken(connection, table)
