"""Rows become groups: filled, finished, and split by status."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from engine.query import Query
from engine.result import Group
from engine.shape import Measured, measured, shape
from schema.catalog import Measure
from tests.engine.asking import meant

FOUR = "start=2026-03-10T00:00&end=2026-03-10T04:00&interval=1h"
"""A range of four buckets."""

COUNTS = (
    Measure.SESSIONS,
    Measure.SESSIONS_UNHEALTHY,
    Measure.SESSIONS_CRASHED,
    Measure.SESSIONS_ABNORMAL,
    Measure.SESSIONS_UNHANDLED,
)


def asked(line: str) -> Query:
    """Resolve a request line over four buckets."""
    return meant(f"{FOUR}&{line}")


def table(names: Sequence[str], *rows: Sequence[object]) -> pa.Table:
    """Make the rows that a statement gives."""
    columns = ("place", "bucket", *names)
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(columns)})


def test_rows_are_gathered_in_the_order_of_their_places() -> None:
    """Totals and buckets of a group find each other, in whatever order the rows come."""
    query = asked("field=sum(session)&groupBy=release&groupBy=project")
    rows = table(
        ("project_id", "release", "sessions"),
        (2, 3, None, None, 5),
        (2, None, 1, "a", 5),
        (1, 0, None, None, 7),
        (1, None, 2, "", 9),
        (1, 2, None, None, 2),
    )

    assert measured(rows, query) == (
        Measured(
            key=(2, ""),
            totals={Measure.SESSIONS: 9},
            buckets={0: {Measure.SESSIONS: 7}, 2: {Measure.SESSIONS: 2}},
        ),
        Measured(
            key=(1, "a"), totals={Measure.SESSIONS: 5}, buckets={3: {Measure.SESSIONS: 5}}
        ),
    )


def test_totals_left_to_the_series_are_added_up() -> None:
    """Without a row of totals the one group's sessions are summed."""
    query = asked("field=sum(session)")

    (group,) = measured(table(("sessions",), (1, 1, 4), (1, 3, 5)), query)

    assert group.totals == {Measure.SESSIONS: 9}


@pytest.mark.parametrize("key", ["release", "project"])
def test_no_rows_make_no_group_of_a_key(key: str) -> None:
    """With a base key, nothing found is no group."""
    column = "project_id" if key == "project" else key
    query = asked(f"field=sum(session)&groupBy={key}&groupBy=session.status")

    assert measured(table((column, "sessions")), query) == ()


def test_no_rows_make_one_empty_group_without_keys() -> None:
    """Without a base key there always is one group, of zeros and nulls."""
    query = asked("field=sum(session)&field=p50(session.duration)&field=errored_rate(session)")

    (group,) = shape(measured(table(("sessions", "duration_p50")), query), query)

    assert group == Group(
        by={},
        totals={"sum(session)": 0, "p50(session.duration)": None, "errored_rate(session)": 0},
        series={
            "sum(session)": (0, 0, 0, 0),
            "p50(session.duration)": (None, None, None, None),
            "errored_rate(session)": (0, 0, 0, 0),
        },
    )


def test_empty_buckets_are_filled() -> None:
    """Each bucket has a number; where nothing was measured it is the field's own 0 or null."""
    query = asked("field=crash_rate(session)&field=sum(session)&groupBy=release")
    group = Measured(
        key=("a",),
        totals={Measure.SESSIONS: 8, Measure.SESSIONS_CRASHED: 2},
        buckets={1: {Measure.SESSIONS: 8, Measure.SESSIONS_CRASHED: 2}},
    )

    assert shape((group,), query) == (
        Group(
            by={"release": "a"},
            totals={"crash_rate(session)": 0.25, "sum(session)": 8},
            series={
                "crash_rate(session)": (None, 0.25, None, None),
                "sum(session)": (0, 8, 0, 0),
            },
        ),
    )


def test_fields_and_keys_are_in_answer_order() -> None:
    """Fields come in the order of the request, keys in their own."""
    query = asked(
        "field=max(session.duration)&field=sum(session)&groupBy=environment&groupBy=project"
    )
    group = Measured(key=(3, "prod"), totals={Measure.SESSIONS: 1})

    (found,) = shape((group,), query)

    assert list(found.by) == ["project", "environment"]
    assert found.totals is not None
    assert list(found.totals) == ["max(session.duration)", "sum(session)"]


ONE = Measured(
    key=("a",),
    totals=dict(zip(COUNTS, (20, 9, 4, 2, 1), strict=True)),
    buckets={3: dict(zip(COUNTS, (6, 3, 1, 0, 1), strict=True))},
)


def test_status_groups_of_one_group_stay_together() -> None:
    """A base group becomes its five statuses in their order, zeros included."""
    query = asked("field=sum(session)&groupBy=release&groupBy=session.status")

    found = shape((ONE,), query)

    assert [(group.by["session.status"], group.totals, group.series) for group in found] == [
        ("abnormal", {"sum(session)": 2}, {"sum(session)": (0, 0, 0, 0)}),
        ("crashed", {"sum(session)": 4}, {"sum(session)": (0, 0, 0, 1)}),
        ("errored", {"sum(session)": 2}, {"sum(session)": (0, 0, 0, 1)}),
        ("healthy", {"sum(session)": 11}, {"sum(session)": (0, 0, 0, 3)}),
        ("unhandled", {"sum(session)": 1}, {"sum(session)": (0, 0, 0, 1)}),
    ]
    assert {group.by["release"] for group in found} == {"a"}


def test_only_chosen_statuses_are_shown() -> None:
    """With a status filter the groups are those of the chosen statuses."""
    query = asked(
        "field=sum(session)&groupBy=release&groupBy=session.status"
        "&query=session.status:[healthy, crashed]"
    )

    found = shape((ONE,), query)

    assert [group.by["session.status"] for group in found] == ["crashed", "healthy"]


def test_chosen_statuses_are_added_up_without_their_key() -> None:
    """Not split, the sessions of all chosen statuses are one number."""
    query = asked("field=sum(session)&groupBy=release&query=session.status:[healthy, errored]")

    (group,) = shape((ONE,), query)

    assert group.totals == {"sum(session)": 13}
    assert group.series == {"sum(session)": (0, 0, 0, 4)}


def test_durations_are_those_of_healthy_sessions() -> None:
    """Only the healthy status has durations; the others answer null."""
    query = asked(
        "field=sum(session)&field=max(session.duration)&groupBy=release&groupBy=session.status"
    )
    group = Measured(key=("a",), totals={**ONE.totals, Measure.DURATION_MAX: 2.5})

    found = shape((group,), query)

    longest = [one.totals["max(session.duration)"] for one in found if one.totals is not None]
    assert longest == [None, None, None, 2500.0, None]


def test_durations_dropped_by_the_filter_stay_null() -> None:
    """Next to a count, a duration that no chosen status has keeps its key."""
    query = asked(
        "field=sum(session)&field=max(session.duration)&groupBy=release"
        "&query=session.status:crashed"
    )

    (group,) = shape((ONE,), query)

    assert group.totals == {"sum(session)": 4, "max(session.duration)": None}


LEFT_OUT = {"includeTotals": (True, False), "includeSeries": (False, True)}


@pytest.mark.parametrize(("parameter", "missing"), LEFT_OUT.items(), ids=LEFT_OUT.keys())
def test_what_was_left_out_is_none(parameter: str, missing: tuple[bool, bool]) -> None:
    """Totals or series that the caller left out are not in the answer at all."""
    query = asked(f"field=sum(session)&groupBy=release&{parameter}=0")

    (group,) = shape((Measured(key=("a",), totals={Measure.SESSIONS: 1}),), query)

    assert (group.totals is None, group.series is None) == missing
