"""What a session is: outcomes in order, columns without doubles."""

import uuid

import pytest

from schema.session import (
    COUNT_COLUMNS,
    NIL_UUID,
    OUTCOMES_IN_ANSWERS,
    REPORTED_COLUMNS,
    SESSION_COLUMNS,
    UPDATE_COLUMNS,
    Column,
    Mechanism,
    Outcome,
    UpdateStatus,
)

TABLES = {"reported": REPORTED_COLUMNS, "updates": UPDATE_COLUMNS, "sessions": SESSION_COLUMNS}


def test_greater_outcomes_are_worse() -> None:
    """Folding two failures keeps the greater one: a crash over all others."""
    assert sorted(Outcome) == [
        Outcome.HEALTHY,
        Outcome.ERRORED,
        Outcome.UNHANDLED,
        Outcome.ABNORMAL,
        Outcome.CRASHED,
    ]


def test_outcomes_have_their_public_words() -> None:
    """The words are those of `session.status`, and answers list them by the alphabet."""
    words = [outcome.word for outcome in OUTCOMES_IN_ANSWERS]

    assert words == ["abnormal", "crashed", "errored", "healthy", "unhandled"]
    assert set(OUTCOMES_IN_ANSWERS) == set(Outcome)


def test_numbers_of_outcomes_are_stored() -> None:
    """The numbers are in files: they never change without another layout."""
    assert {outcome.word: int(outcome) for outcome in Outcome} == {
        "healthy": 0,
        "errored": 1,
        "unhandled": 2,
        "abnormal": 3,
        "crashed": 4,
    }


def test_statuses_of_updates() -> None:
    """Updates carry the failures by the words of the outcomes, and `ok` or `exited`."""
    assert {status.value for status in UpdateStatus} == {
        "ok",
        "exited",
        *(outcome.word for outcome in Outcome if outcome is not Outcome.HEALTHY),
    }


@pytest.mark.parametrize("columns", TABLES.values(), ids=TABLES.keys())
def test_columns_are_named_once_and_described(columns: tuple[Column, ...]) -> None:
    """Each column has a name of its own, a type and a meaning."""
    names = [column.name for column in columns]

    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)
    assert all(column.sql_type and column.meaning for column in columns)


def test_quantities_have_units() -> None:
    """Whatever is counted or measured says in what."""
    units = {column.name: column.unit for column in (*UPDATE_COLUMNS, *SESSION_COLUMNS)}

    assert units["duration"] == "seconds"
    assert units["quantity"] == "sessions"
    assert units["late_us"] == "microseconds"
    assert all(units[name] == "sessions" for name in COUNT_COLUMNS)


def test_counts_of_counted_rows_are_the_last_columns() -> None:
    """The counts stand at the end of an update, in the order of their table."""
    assert tuple(column.name for column in UPDATE_COLUMNS[-len(COUNT_COLUMNS) :]) == COUNT_COLUMNS


def test_nil_uuid_is_nil() -> None:
    """The id that means no id is the one of zeros."""
    assert uuid.UUID(NIL_UUID).int == 0


def test_mechanisms() -> None:
    """Two mechanisms are known, one of them in the foreground."""
    assert [mechanism.value for mechanism in Mechanism] == ["anr_foreground", "anr_background"]
