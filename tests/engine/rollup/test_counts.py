"""Rows of counts are added up by group, bucket and outcome, as one would by hand."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.plan import Plan, Source, plan
from engine.rollup.counts import Counts
from engine.rollup.frames import OUTCOMES, Frame
from engine.rollup.labels import Directory, Grouping, Label
from schema.catalog import Measure
from schema.session import Outcome
from tests.engine.asking import meant
from tests.property.profile import PURE

LABELS = (
    Label(1, "a", "prod"),
    Label(1, "b", "prod"),
    Label(2, "a", "dev"),
    Label(2, "", ""),
)
LINE = "start=2026-03-08T00:00&end=2026-03-11T00:00&interval=1d&field=sum(session)"
FIRST_DAY, DAYS = 20_520, 3
ROWS = st.lists(
    st.tuples(
        st.integers(FIRST_DAY - 2, FIRST_DAY + DAYS + 1),
        st.integers(0, len(LABELS) - 1),
        st.sampled_from(Outcome),
        st.integers(1, 2**55),
    ),
    max_size=30,
)
Row = tuple[int, int, Outcome, int]


def planned(line: str) -> Plan:
    """Plan a question over three days, all of whose measures are counted."""
    return plan(meant(f"{LINE}&{line}"), tuple(Source))


def frame(rows: Sequence[Row]) -> Frame:
    """Put rows into arrays."""
    return Frame(
        moments=np.array([row[0] for row in rows], np.int32),
        codes=np.array([row[1] * OUTCOMES + row[2] for row in rows], np.int32),
        quantities=np.array([row[3] for row in rows], np.int64),
    )


def counts(line: str, rows: Sequence[Row]) -> Counts:
    """Count rows for a question."""
    asked = planned(line)
    grouping = Grouping(Directory.of(LABELS), asked.keys, asked.rows.condition)
    return Counts(asked, grouping, frame(rows))


@PURE
@given(ROWS)
def test_rows_in_the_range_are_added_up(rows: list[Row]) -> None:
    """By group over the whole range, and by day for the groups that are shown; to the last one."""
    found = counts("groupBy=release&groupBy=session.status", rows)
    expected: Counter[tuple[tuple[str], int, Outcome]] = Counter()
    for day, label, outcome, quantity in rows:
        if FIRST_DAY <= day < FIRST_DAY + DAYS:
            expected[(LABELS[label].release,), day - FIRST_DAY, outcome] += quantity

    groups = {group for group, _, _ in expected}
    assert set(found.groups()) == groups
    series = found.series([*groups, ("unknown",)])
    for group in groups:
        for measure, outcomes in MEASURED.items():
            by_day = [sum(expected[group, day, one] for one in outcomes) for day in range(DAYS)]
            assert list(series[group][measure]) == by_day
            assert found.totals(group)[measure] == sum(by_day)


MEASURED = {
    Measure.SESSIONS: tuple(Outcome),
    Measure.SESSIONS_UNHEALTHY: tuple(Outcome)[1:],
    Measure.SESSIONS_CRASHED: (Outcome.CRASHED,),
    Measure.SESSIONS_ABNORMAL: (Outcome.ABNORMAL,),
    Measure.SESSIONS_UNHANDLED: (Outcome.UNHANDLED,),
}


def test_condition_leaves_rows_out() -> None:
    """What the condition does not take is counted nowhere; a group without rows is not there."""
    rows = [(FIRST_DAY, 0, Outcome.HEALTHY, 5), (FIRST_DAY, 2, Outcome.CRASHED, 7)]

    found = counts("groupBy=project&environment=dev", rows)

    assert found.groups() == {(2,): {Measure.SESSIONS: 7}}
    assert found.totals((1,)) == {}


def test_nothing_is_counted_of_nothing() -> None:
    """Without rows there is no group, and no trouble."""
    assert counts("groupBy=release", []).groups() == {}
    assert counts("", []).series([()]) == {(): {Measure.SESSIONS: [0, 0, 0]}}
