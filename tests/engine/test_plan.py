"""What is computed for a question: no measure too many, none missing."""

import pytest

from engine.aggregates import Ratio
from engine.condition import Every, Membership
from engine.plan import Plan, Source, plan
from schema.catalog import FIELDS, GROUP_KEYS, Key, Kind, Measure, Subject
from tests.engine.asking import DAY, meant

SPLIT_SESSIONS = (
    Measure.SESSIONS,
    Measure.SESSIONS_UNHEALTHY,
    Measure.SESSIONS_CRASHED,
    Measure.SESSIONS_ABNORMAL,
    Measure.SESSIONS_UNHANDLED,
)


def planned(line: str) -> Plan:
    """Plan a request line over one day."""
    return plan(meant(f"{DAY}&{line}"))


def test_rows_are_those_of_the_question() -> None:
    """Projects, window and condition pass through; the condition becomes simple."""
    query = meant(f"{DAY}&field=sum(session)&project=2&project=web&query=release:a release:a")

    rows = plan(query).rows

    assert rows.source is Source.SESSIONS
    assert rows.project_ids == (1, 2)
    assert rows.window == query.window
    assert rows.condition == Membership(key=Key.RELEASE, values=("a",))


def test_question_without_terms_has_no_condition() -> None:
    """Without a query every row counts."""
    assert planned("field=sum(session)").rows.condition == Every()


MEASURES = {
    "sessions": ("field=sum(session)", (Measure.SESSIONS,)),
    "twice": ("field=sum(session)&field=sum(session)", (Measure.SESSIONS,)),
    "rate": (
        "field=crash_free_rate(user)&field=crash_rate(user)",
        (Measure.USERS, Measure.USERS_CRASHED),
    ),
    "in-their-order": (
        "field=p99(session.duration)&field=anr_rate()&field=sum(session)",
        (Measure.SESSIONS, Measure.USERS, Measure.USERS_ANR, Measure.DURATION_P99),
    ),
    "by-status": ("field=sum(session)&groupBy=session.status", SPLIT_SESSIONS),
    "status-filter": ("field=sum(session)&query=session.status:crashed", SPLIT_SESSIONS),
    "dropped-duration": (
        "field=sum(session)&field=max(session.duration)&query=session.status:crashed",
        SPLIT_SESSIONS,
    ),
}


@pytest.mark.parametrize(("line", "measures"), MEASURES.values(), ids=MEASURES.keys())
def test_totals_and_series_measure_what_the_fields_need(
    line: str, measures: tuple[Measure, ...]
) -> None:
    """Without groups to order, both steps measure the same, each measure once."""
    found = planned(line)

    assert found.totals.measures == measures
    assert found.series is not None
    assert found.series.measures == measures


def test_order_is_measured_for_the_totals_alone() -> None:
    """What only the order needs is not measured bucket by bucket."""
    found = planned("field=unhealthy_rate(session)&field=crash_rate(user)&groupBy=release")
    ordered = planned(
        "field=crash_rate(user)&field=sum(session)&groupBy=release&orderBy=crash_rate(user)"
    )

    assert found.totals.ratio is None
    assert ordered.totals.ratio == Ratio(above=Measure.USERS_CRASHED, below=Measure.USERS)
    assert ordered.totals.descending is False


def test_without_totals_only_the_order_is_measured_over_the_whole_range() -> None:
    """Totals that nobody sees are measured only to order the groups."""
    found = planned(
        "field=count_unique(user)&field=p50(session.duration)&groupBy=release&includeTotals=0"
    )

    assert found.totals.measures == (Measure.USERS, Measure.DURATION_COUNT)
    assert found.series is not None
    assert found.series.measures == (Measure.USERS, Measure.DURATION_P50)


def test_without_series_there_is_one_step() -> None:
    """A series that was left out is not planned, and its totals are measured."""
    found = planned("field=sum(session)&includeSeries=0")

    assert found.series is None
    assert found.totals.summed is False


def test_groups_without_order_are_still_measured() -> None:
    """Groups are listed by something that is measured of them, even if nobody sees it."""
    found = planned("field=unhealthy_rate(session)&groupBy=release&includeTotals=0")

    assert found.totals.measures == (Measure.SESSIONS,)
    assert found.totals.present == ()


PRESENT = {
    "no-keys": ("field=count_unique(user)", ()),
    "sessions": ("field=sum(session)&groupBy=project", ()),
    "users": ("field=count_unique(user)&groupBy=project", (Subject.USER,)),
    "durations": ("field=avg(session.duration)&groupBy=project", (Subject.DURATION,)),
    "users-or-durations": (
        "field=count_unique(user)&field=avg(session.duration)&groupBy=project",
        (Subject.DURATION, Subject.USER),
    ),
    "users-beside-sessions": (
        "field=count_unique(user)&field=crash_rate(session)&groupBy=project",
        (),
    ),
    "ordered-by-users": (
        "field=count_unique(user)&field=sum(session)&groupBy=project&orderBy=count_unique(user)",
        (Subject.USER,),
    ),
    "ordered-by-sessions": (
        "field=count_unique(user)&field=sum(session)&groupBy=project&orderBy=sum(session)",
        (),
    ),
    "dropped-durations-list-nothing": (
        "field=avg(session.duration)&field=count_unique(user)&groupBy=project"
        "&query=session.status:crashed",
        (Subject.USER,),
    ),
    "status-alone": ("field=count_unique(user)&groupBy=session.status", ()),
}


@pytest.mark.parametrize(("line", "present"), PRESENT.values(), ids=PRESENT.keys())
def test_groups_need_rows_of_what_is_asked_or_ordered_by(
    line: str, present: tuple[Subject, ...]
) -> None:
    """A group is listed if it has rows of a requested kind; an order asks for its own kind."""
    assert planned(line).totals.present == present


SUMMED = {
    "sessions": ("field=sum(session)", True),
    "session-rate": ("field=crash_rate(session)&field=errored_rate(session)", True),
    "by-status": ("field=sum(session)&groupBy=session.status", True),
    "without-totals": ("field=sum(session)&includeTotals=0", True),
    "users": ("field=count_unique(user)", False),
    "users-beside-sessions": ("field=count_unique(user)&field=sum(session)", False),
    "durations": ("field=max(session.duration)", False),
    "groups": ("field=sum(session)&groupBy=release", True),
    "groups-without-totals": ("field=sum(session)&groupBy=release&includeTotals=0", True),
    "groups-listed-by-users": ("field=count_unique(user)&groupBy=release", False),
    "groups-ordered-by-users": (
        "field=sum(session)&field=count_unique(user)&groupBy=release&orderBy=count_unique(user)",
        False,
    ),
    "no-series": ("field=sum(session)&includeSeries=0", False),
}


@pytest.mark.parametrize(("line", "summed"), SUMMED.values(), ids=SUMMED.keys())
def test_only_sessions_may_be_summed(line: str, *, summed: bool) -> None:
    """Totals come from the series only where they are the same; users never are."""
    assert planned(line).totals.summed is summed


def test_one_group_more_than_the_page_is_measured() -> None:
    """The group beyond the page tells whether there is another page."""
    paged = planned("field=sum(session)&groupBy=release&per_page=7&cursor=0:14:0").totals
    unpaged = planned("field=sum(session)&groupBy=release").totals

    assert (paged.limit, paged.offset) == (8, 14)
    assert (unpaged.limit, unpaged.offset) == (401, 0)


def test_keys_are_in_answer_order_and_without_the_status() -> None:
    """Groups come by project, release and environment, however they were asked for."""
    keys = "&".join(f"groupBy={key}" for key in reversed(GROUP_KEYS))

    assert planned(f"field=sum(session)&{keys}").keys == tuple(Key)


@pytest.mark.parametrize("name", [field.name for field in FIELDS])
def test_every_field_is_planned(name: str) -> None:
    """Each field alone, in groups and without, has something to measure."""
    for groups in ("", "&groupBy=release", "&groupBy=environment&includeTotals=0"):
        found = planned(f"field={name}{groups}")
        assert found.totals.measures or not found.keys
        assert found.series is not None
        assert found.series.measures


@pytest.mark.parametrize("name", [it.name for it in FIELDS if it.kind is Kind.COUNT])
def test_counts_by_status_measure_every_status(name: str) -> None:
    """A count split by status is made from the failures it is not."""
    found = planned(f"field={name}&groupBy=session.status&groupBy=release").series

    assert found is not None
    assert len(found.measures) == len(SPLIT_SESSIONS)
