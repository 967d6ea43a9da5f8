"""Moments are kept in parts, and come back to the microsecond."""

from datetime import datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.moments import STARTED, TIMESTAMP, parts_of

MOMENTS = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31))  # noqa: DTZ001  (as DuckDB gives them, in UTC)
DURATIONS = st.none() | st.floats(min_value=0, allow_nan=False, allow_infinity=False)


def kept(started: datetime, timestamp: datetime, duration: float | None) -> tuple[object, ...]:
    """Take moments apart and put them together; give what comes back, and the second."""
    parts = parts_of("epoch_us(told)", "epoch_us(made)", "duration")
    spelled = ", ".join(f"{sql} AS {name}" for name, sql in parts.items())
    with duckdb.connect() as connection:
        (row,) = connection.execute(
            f"SELECT {STARTED}, {TIMESTAMP}, started, late_us FROM (SELECT duration, {spelled}"  # noqa: S608  (ours)
            " FROM (SELECT $a::TIMESTAMP AS told, $b::TIMESTAMP AS made, $c::DOUBLE AS duration))",
            {"a": started, "b": timestamp, "c": duration},
        ).fetchall()
    return tuple(row)


@given(MOMENTS, MOMENTS, DURATIONS)
def test_moments_come_back_exactly(
    started: datetime, timestamp: datetime, duration: float | None
) -> None:
    """Whatever the duration says, from the first year to the last."""
    assert kept(started, timestamp, duration)[:2] == (started, timestamp)


@pytest.mark.parametrize(
    ("moment", "second"),
    [
        ("0001-01-01", -62_135_596_800),
        ("1969-12-31T23:59:59.5", -1),
        ("9999-12-31T23:59:59.999999", 253_402_300_799),
    ],
)
def test_seconds_are_rounded_down(moment: str, second: int) -> None:
    """Before 1970, too."""
    started = datetime.fromisoformat(moment)

    assert kept(started, started, None)[2:] == (second, 0)


def test_update_at_the_end_of_its_session_is_not_late() -> None:
    """What start and duration tell is not kept once more."""
    started, ended = datetime(2026, 3, 10, 12), datetime(2026, 3, 10, 12, 1, 30, 250_000)  # noqa: DTZ001  (as DuckDB gives them, in UTC)

    assert kept(started, ended, 90.25)[3] == 0
