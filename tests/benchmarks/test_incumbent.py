"""The incumbent as re-created in chDB: its published examples come out, from both of its tables."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.race.dialects import HOUSE_HOURLY
from benchmarks.race.house import INCUMBENT_TABLES, House
from benchmarks.race.worker import in_own_process

NIL = "00000000-0000-0000-0000-000000000000"
FIRST, SECOND = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))
OK, EXITED, CRASHED, ERRORED = 0, 1, 2, 4

ROW = tuple[str, str, int, int, int, int]
"""session_id, distinct_id, quantity, seq, status, errors."""

PRE_AGGREGATED: Sequence[ROW] = (
    (FIRST, NIL, 1, 0, OK, 0),
    (FIRST, NIL, 1, 123, EXITED, 1),
    (NIL, NIL, 4, 0, ERRORED, 0),
    (NIL, FIRST, 5, 0, EXITED, 0),
)
SESSIONS_API: Sequence[ROW] = (
    (FIRST, FIRST, 1, 0, OK, 0),
    (FIRST, FIRST, 1, 123, CRASHED, 123),
    (SECOND, NIL, 1, 0, EXITED, 0),
    (NIL, NIL, 9, 0, ERRORED, 0),
    (NIL, SECOND, 5, 0, EXITED, 0),
    (NIL, NIL, 4, 0, EXITED, 0),
)

RAW = f"""
    SELECT toInt64(sumIf(quantity, seq = 0)) AS sessions,
        toInt64(uniqIf(session_id, errors > 0 AND session_id <> '{NIL}')
            + sumIf(quantity, status IN (2, 3, 4) AND session_id = '{NIL}')) AS errored,
        toInt64(sumIf(quantity, status = 2)) AS crashed,
        toInt64(uniqIf(distinct_id, distinct_id <> '{NIL}')) AS users,
        toInt64(uniqIf(distinct_id, distinct_id <> '{NIL}' AND errors > 0)) AS users_errored,
        toInt64(uniqIf(distinct_id, distinct_id <> '{NIL}' AND status = 2)) AS users_crashed
    FROM sessions_raw
"""  # noqa: S608  (constants of ours)


def _ask(folder: Path, rows: Sequence[ROW]) -> tuple[dict[str, float], dict[str, float]]:
    """Insert the rows; give what the raw table says, and the hourly one in our dialect."""
    house = House(folder / "house")
    for statement in INCUMBENT_TABLES:
        house.command(statement)
    for row in rows:
        house.command(f"""
            INSERT INTO sessions_raw (session_id, distinct_id, quantity, seq, status, errors,
                duration, org_id, project_id, started, release, environment)
            VALUES ({", ".join(map(repr, row))}, 4294967295, 1, 1, '2026-03-10 10:00:00', 'a', '')
        """)  # noqa: S608  (constants of ours)
    columns = {**HOUSE_HOURLY.fields, **HOUSE_HOURLY.by_status}
    spelled = ", ".join(f'{text} AS "{name}"' for name, text in columns.items())
    answers = (house.run(RAW), house.run(f"SELECT {spelled} FROM sessions_hourly"))  # noqa: S608  (constants of ours)
    house.close()
    raw, hourly = ({name: column.tolist()[0] for name, column in one.items()} for one in answers)
    return raw, hourly


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (PRE_AGGREGATED, (10, 5, 0, 1, 0, 0)),
        (SESSIONS_API, (20, 10, 1, 2, 1, 1)),
    ],
    ids=["pre-aggregated", "sessions API"],
)
def test_published_examples_come_out(
    tmp_path: Path, rows: Sequence[ROW], expected: Sequence[int]
) -> None:
    """Sessions and users, all, errored and crashed, are the same from raw and hourly rows."""
    pytest.importorskip("chdb", reason="the incumbent needs the optional group `race`")
    raw, hourly = in_own_process(_ask, tmp_path, rows)
    sessions, errored, crashed, users, users_errored, users_crashed = expected

    assert tuple(raw.values()) == tuple(expected)
    assert hourly["sum(session)"] == sessions
    assert hourly["sum(session) healthy"] == sessions - errored
    assert hourly["sum(session) errored"] == errored - crashed
    assert hourly["sum(session) crashed"] == crashed
    assert hourly["count_unique(user)"] == users
    assert hourly["count_unique(user) healthy"] == users - users_errored
    assert hourly["count_unique(user) errored"] == users_errored - users_crashed
    assert hourly["count_unique(user) crashed"] == users_crashed
    assert hourly["p50(session.duration)"] != hourly["p50(session.duration)"]  # not a number
