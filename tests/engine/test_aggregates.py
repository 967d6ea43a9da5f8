"""Each field is made from measures by its formula, and knows what it is without any rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.aggregates import (
    ADDITIVE,
    COMPOSED_FIELDS,
    PRESENCE,
    RATIOS,
    Columns,
    Values,
    counter,
    finish,
    measures_of,
)
from schema.catalog import FIELD_BY_NAME, FIELDS, Kind, Measure, Subject
from schema.session import Outcome
from tests.property.profile import PURE

MEASURED: Values = {
    Measure.SESSIONS: 20,
    Measure.SESSIONS_UNHEALTHY: 9,
    Measure.SESSIONS_CRASHED: 4,
    Measure.SESSIONS_ABNORMAL: 2,
    Measure.SESSIONS_UNHANDLED: 1,
    Measure.USERS: 10,
    Measure.USERS_UNHEALTHY: 8,
    Measure.USERS_CRASHED: 3,
    Measure.USERS_ABNORMAL: 2,
    Measure.USERS_UNHANDLED: 1,
    Measure.USERS_ANR: 2,
    Measure.USERS_FOREGROUND_ANR: 1,
    Measure.DURATION_COUNT: 3,
    Measure.DURATION_AVG: 1.5,
    Measure.DURATION_P50: 1.25,
    Measure.DURATION_P75: 2.0,
    Measure.DURATION_P90: 2.5,
    Measure.DURATION_P95: 2.75,
    Measure.DURATION_P99: 2.875,
    Measure.DURATION_MAX: 3.0,
}
NUMBERS: dict[str, tuple[float | None, float | None]] = {
    "sum(session)": (20, 0),
    "count_unique(user)": (10, 0),
    "avg(session.duration)": (1500.0, None),
    "p50(session.duration)": (1250.0, None),
    "p75(session.duration)": (2000.0, None),
    "p90(session.duration)": (2500.0, None),
    "p95(session.duration)": (2750.0, None),
    "p99(session.duration)": (2875.0, None),
    "max(session.duration)": (3000.0, None),
    "crash_rate(session)": (0.2, None),
    "crash_rate(user)": (0.3, None),
    "crash_free_rate(session)": (0.8, None),
    "crash_free_rate(user)": (0.7, None),
    "abnormal_rate(session)": (0.1, None),
    "abnormal_rate(user)": (0.2, None),
    "unhandled_rate(session)": (0.05, None),
    "unhandled_rate(user)": (0.1, None),
    "errored_rate(session)": (0.1, 0),
    "errored_rate(user)": (0.2, 0),
    "unhealthy_rate(session)": (0.45, 0),
    "anr_rate()": (0.2, None),
    "foreground_anr_rate()": (0.1, None),
}


def columns(*spans: Values) -> Columns:
    """Put the measures of several spans side by side."""
    return {measure: [span.get(measure) for span in spans] for measure in spans[0]}


def test_every_field_has_a_number_here() -> None:
    """The table below leaves no field out."""
    assert tuple(NUMBERS) == tuple(field.name for field in FIELDS)


@pytest.mark.parametrize(("name", "numbers"), NUMBERS.items(), ids=NUMBERS.keys())
def test_formula(name: str, numbers: tuple[float, float | None]) -> None:
    """A field gives its number from measures, and its own 0 or null from an empty span."""
    expected, empty = numbers
    nothing = dict.fromkeys(Measure, 0) | dict.fromkeys(DURATIONS)

    assert finish(name, columns(MEASURED, nothing), 2) == [
        pytest.approx(expected, abs=1e-12),
        empty,
    ]
    assert finish(name, {}, 3) == [empty] * 3


DURATIONS = tuple(measure for measure in Measure if measure.value.startswith("duration_"))


@pytest.mark.parametrize("name", [field.name for field in FIELDS])
def test_measures_of_a_field_suffice(name: str) -> None:
    """A field is made from the measures it names and from no others."""
    needed = measures_of(name, by_outcome=False)

    alone = {it: MEASURED[it] for it in needed}
    assert finish(name, columns(alone), 1) == finish(name, columns(MEASURED), 1)


@pytest.mark.parametrize("name", [field.name for field in FIELDS])
def test_kinds_of_numbers(name: str) -> None:
    """Counts are whole numbers, durations and rates are not, whatever storage gave."""
    whole = dict.fromkeys(Measure, 1)

    (number,) = finish(name, columns(whole), 1)

    assert isinstance(number, int if FIELD_BY_NAME[name].kind is Kind.COUNT else (float, int))
    if FIELD_BY_NAME[name].kind is Kind.DURATION:
        assert isinstance(number, float)


def test_every_field_is_ordered_or_composed() -> None:
    """A field has one ratio, or is one of those that have no order."""
    assert set(RATIOS) | set(COMPOSED_FIELDS) == set(FIELD_BY_NAME)
    assert not set(RATIOS) & set(COMPOSED_FIELDS)


@pytest.mark.parametrize("subject", [Subject.SESSION, Subject.USER])
def test_split_counts_need_every_status(subject: Subject) -> None:
    """A count split by status needs the total, the unhealthy and each failure."""
    name = "sum(session)" if subject is Subject.SESSION else "count_unique(user)"
    prefix = "sessions" if subject is Subject.SESSION else "users"

    assert measures_of(name, by_outcome=True) == {
        Measure(prefix),
        *(
            Measure(f"{prefix}_{word}")
            for word in ("unhealthy", "crashed", "abnormal", "unhandled")
        ),
    }
    assert measures_of(name, by_outcome=False) == {Measure(prefix)}


COUNTED = {
    "healthy": (Outcome.HEALTHY, 11, 2),
    "errored": (Outcome.ERRORED, 2, 2),
    "unhandled": (Outcome.UNHANDLED, 1, 1),
    "abnormal": (Outcome.ABNORMAL, 2, 2),
    "crashed": (Outcome.CRASHED, 4, 3),
}


@pytest.mark.parametrize(("outcome", "sessions", "users"), COUNTED.values(), ids=COUNTED.keys())
def test_counter_of_a_status(outcome: Outcome, sessions: int, users: int) -> None:
    """Each status has its share of the sessions, and of the users."""
    spans = columns(MEASURED, {})

    assert counter(outcome, Subject.SESSION)(spans, 2) == [sessions, 0]
    assert counter(outcome, Subject.USER)(spans, 2) == [users, 0]
    assert counter(outcome, Subject.SESSION)({}, 2) == [0, 0]


COUNTS = st.lists(st.integers(0, 100), min_size=5, max_size=5)


@PURE
@given(COUNTS)
def test_statuses_of_sessions_add_up(counts: list[int]) -> None:
    """Sessions of the five statuses are all sessions, as often as they exclude one another."""
    healthy, errored, unhandled, abnormal, crashed = counts
    values = {
        Measure.SESSIONS: sum(counts),
        Measure.SESSIONS_UNHEALTHY: sum(counts) - healthy,
        Measure.SESSIONS_CRASHED: crashed,
        Measure.SESSIONS_ABNORMAL: abnormal,
        Measure.SESSIONS_UNHANDLED: unhandled,
    }

    found = [counter(outcome, Subject.SESSION)(columns(values), 1) for outcome in Outcome]

    assert found == [[healthy], [errored], [unhandled], [abnormal], [crashed]]


@PURE
@given(st.fixed_dictionaries(dict.fromkeys(Measure, st.none() | st.integers(0, 50))))
def test_no_count_is_below_zero(values: Values) -> None:
    """A user with several failures is taken off several times, but no status goes below zero."""
    for outcome in Outcome:
        for subject in (Subject.SESSION, Subject.USER):
            (number,) = counter(outcome, subject)(columns(values), 1)
            assert number >= 0


def test_only_sessions_are_additive() -> None:
    """Users and durations of a range are never the sums of those of its parts."""
    assert all(measure.value.startswith("sessions") for measure in ADDITIVE)
    assert {measure for measure in Measure if measure.value.startswith("sessions")} == ADDITIVE


def test_each_subject_has_its_presence() -> None:
    """For every kind of rows one measure tells whether a group has any."""
    assert PRESENCE == {
        Subject.SESSION: Measure.SESSIONS,
        Subject.USER: Measure.USERS,
        Subject.DURATION: Measure.DURATION_COUNT,
    }
