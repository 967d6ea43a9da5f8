"""Rows become groups: ordered, cut, filled, finished, and split by status."""

from collections.abc import Sequence

import pytest

from engine.execute import Rows
from engine.groups import Measured
from engine.plan import plan
from engine.query import Query
from engine.result import Group
from engine.shape import measured, shape
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


def gathered(query: Query, names: Sequence[str], *rows: Sequence[object]) -> tuple[Measured, ...]:
    """Gather the groups of a page from rows of these columns."""
    columns = {name: tuple(row[at] for row in rows) for at, name in enumerate(names)}
    return measured(Rows(columns=columns, count=len(rows)), plan(query))


USERS = ("release", "bucket", "users")
U = Measure.USERS


def test_totals_and_buckets_of_a_group_find_each_other() -> None:
    """Rows come in any order; those without a bucket are totals."""
    query = asked("field=count_unique(user)&groupBy=release")

    groups = gathered(query, USERS, ("a", 3, 2), ("b", None, 7), ("a", None, 4), ("b", 0, 7))

    assert groups == (
        Measured(key=("b",), totals={U: 7}, series={U: [7, None, None, None]}),
        Measured(key=("a",), totals={U: 4}, series={U: [None, None, None, 2]}),
    )


def test_totals_left_to_the_series_are_added_up() -> None:
    """Sessions of all buckets are the sessions of a group, with keys and without."""
    grouped = asked("field=sum(session)&groupBy=release")
    single = asked("field=sum(session)")

    groups = gathered(
        grouped, ("release", "bucket", "sessions"), ("a", 1, 4), ("b", 0, 1), ("a", 3, 5)
    )
    (alone,) = gathered(single, ("bucket", "sessions"), (1, 4), (3, 5))

    assert [(group.key, group.totals) for group in groups] == [
        (("a",), {Measure.SESSIONS: 9}),
        (("b",), {Measure.SESSIONS: 1}),
    ]
    assert alone.totals == {Measure.SESSIONS: 9}


ROWS = (
    ("c", None, 3, 6),
    ("a", None, 0, 0),
    ("e", None, 1, 1),
    ("b", None, 3, 6),
    ("d", None, 1, 4),
)
RATED = ("release", "bucket", "users_crashed", "users")
ORDERS = {
    "default-is-descending": ("field=crash_rate(user)", "ebcd"),
    "ascending": ("field=crash_rate(user)&orderBy=crash_rate(user)", "dbce"),
    "free-rate": ("field=crash_free_rate(user)&orderBy=-crash_free_rate(user)", "dbce"),
    "count": ("field=count_unique(user)", "bcde"),
    "by-key-alone": ("field=errored_rate(user)", "bcde"),
}


@pytest.mark.parametrize(("line", "keys"), ORDERS.values(), ids=ORDERS.keys())
def test_groups_are_ordered_with_ties_by_key(line: str, keys: str) -> None:
    """Groups come as asked, equal ones by their key; without users a group is not listed."""
    groups = gathered(asked(f"{line}&groupBy=release"), RATED, *ROWS)

    assert "".join(str(group.key[0]) for group in groups) == keys


@pytest.mark.parametrize("sign", ["", "-"])
def test_groups_without_a_number_come_last(sign: str) -> None:
    """A rate that cannot be had is last, in either direction."""
    line = f"field=crash_rate(session)&groupBy=release&orderBy={sign}crash_rate(session)"
    rows = [("b", None, 0, 0), ("a", None, 0, 0), ("c", None, 1, 2)]

    groups = gathered(
        asked(f"{line}&includeSeries=0"),
        ("release", "bucket", "sessions_crashed", "sessions"),
        *rows,
    )

    assert [group.key for group in groups] == [("c",), ("a",), ("b",)]


def test_groups_are_cut_to_the_page_and_one_more() -> None:
    """From the offset on, the page and the group that tells of a next one are kept."""
    query = asked("field=count_unique(user)&groupBy=release&per_page=2&cursor=0:1:0")

    groups = gathered(query, RATED, *ROWS)

    assert [group.key for group in groups] == [("c",), ("d",), ("e",)]


def test_groups_with_places_keep_them() -> None:
    """What storage has ordered and cut is not ordered again; its series has no keys."""
    query = asked("field=count_unique(user)&groupBy=release&groupBy=project")

    groups = gathered(
        query,
        ("place", "bucket", "project_id", "release", "users"),
        (2, 3, None, None, 5),
        (2, None, 1, "a", 5),
        (1, 0, None, None, 7),
        (1, None, 2, "", 4),
    )

    assert groups == (
        Measured(key=(2, ""), totals={U: 4}, series={U: [7, None, None, None]}),
        Measured(key=(1, "a"), totals={U: 5}, series={U: [None, None, None, 5]}),
    )


@pytest.mark.parametrize("key", ["release", "project"])
def test_no_rows_make_no_group_of_a_key(key: str) -> None:
    """With a base key, nothing found is no group."""
    column = "project_id" if key == "project" else key
    query = asked(f"field=sum(session)&groupBy={key}&groupBy=session.status")

    assert gathered(query, (column, "bucket", *COUNTS)) == ()


def test_no_rows_make_one_empty_group_without_keys() -> None:
    """Without a base key there always is one group, of zeros and nulls."""
    query = asked("field=sum(session)&field=p50(session.duration)&field=errored_rate(session)")

    (group,) = shape(gathered(query, ("bucket", "sessions", "duration_p50")), query)

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
        series={
            Measure.SESSIONS: [None, 8, None, None],
            Measure.SESSIONS_CRASHED: [None, 2, None, None],
        },
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
    series={
        measure: (0, 0, 0, number) for measure, number in zip(COUNTS, (6, 3, 1, 0, 1), strict=True)
    },
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
