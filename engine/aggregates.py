"""How each public field is made from measures, and what it is where nothing was measured.

Owns the formulas. A measure is computed by storage on exactly the rows of one group and one span,
so totals are measured over the whole range: users and percentiles do not add up over a series. Only
what is ADDITIVE may be summed. Does not know how a measure is computed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.result import Number
from schema.catalog import FIELD_BY_NAME, Kind, Measure, Subject
from schema.session import Outcome

Values = Mapping[Measure, float | int | None]

Columns = Mapping[Measure, Sequence[float | int | None]]
"""The numbers of several spans, one after another; a measure that is left out is empty in all."""

MILLISECONDS_PER_SECOND: Final = 1000

TOTAL: Final = {Subject.SESSION: Measure.SESSIONS, Subject.USER: Measure.USERS}
UNHEALTHY: Final = {
    Subject.SESSION: Measure.SESSIONS_UNHEALTHY,
    Subject.USER: Measure.USERS_UNHEALTHY,
}
FAILURES: Final = {
    Subject.SESSION: {
        Outcome.CRASHED: Measure.SESSIONS_CRASHED,
        Outcome.ABNORMAL: Measure.SESSIONS_ABNORMAL,
        Outcome.UNHANDLED: Measure.SESSIONS_UNHANDLED,
    },
    Subject.USER: {
        Outcome.CRASHED: Measure.USERS_CRASHED,
        Outcome.ABNORMAL: Measure.USERS_ABNORMAL,
        Outcome.UNHANDLED: Measure.USERS_UNHANDLED,
    },
}
ADDITIVE: Final = frozenset(
    {Measure.SESSIONS, Measure.SESSIONS_UNHEALTHY, *FAILURES[Subject.SESSION].values()}
)
"""Measures of a whole range that are the sums of those of its parts."""

PRESENCE: Final = {
    Subject.SESSION: Measure.SESSIONS,
    Subject.USER: Measure.USERS,
    Subject.DURATION: Measure.DURATION_COUNT,
}
"""The measure that is above zero where a group has rows of that subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """`above / below`, or one minus that if `free`; without `below` just `above`.

    The form in which a field can be ordered by; None where `below` is zero.
    """

    above: Measure
    below: Measure | None = None
    free: bool = False

    def over(self, columns: Columns, count: int) -> list[Number]:
        """Give the numbers of `count` spans."""
        nothing: Sequence[None] = (None,) * count
        above = columns.get(self.above, nothing)
        if self.below is None:
            return list(above)
        pairs = zip(above, columns.get(self.below, nothing), strict=True)
        if self.free:
            return [1 - (part or 0) / whole if whole else None for part, whole in pairs]
        return [(part or 0) / whole if whole else None for part, whole in pairs]


def _ratio(above: Measure, *, free: bool = False) -> Ratio:
    below = Measure.USERS if above.startswith("users") else Measure.SESSIONS
    return Ratio(above=above, below=below, free=free)


RATIOS: Final[Mapping[str, Ratio]] = {
    "sum(session)": Ratio(above=Measure.SESSIONS),
    "count_unique(user)": Ratio(above=Measure.USERS),
    "avg(session.duration)": Ratio(above=Measure.DURATION_AVG),
    "p50(session.duration)": Ratio(above=Measure.DURATION_P50),
    "p75(session.duration)": Ratio(above=Measure.DURATION_P75),
    "p90(session.duration)": Ratio(above=Measure.DURATION_P90),
    "p95(session.duration)": Ratio(above=Measure.DURATION_P95),
    "p99(session.duration)": Ratio(above=Measure.DURATION_P99),
    "max(session.duration)": Ratio(above=Measure.DURATION_MAX),
    "crash_rate(session)": _ratio(Measure.SESSIONS_CRASHED),
    "crash_rate(user)": _ratio(Measure.USERS_CRASHED),
    "crash_free_rate(session)": _ratio(Measure.SESSIONS_CRASHED, free=True),
    "crash_free_rate(user)": _ratio(Measure.USERS_CRASHED, free=True),
    "abnormal_rate(session)": _ratio(Measure.SESSIONS_ABNORMAL),
    "abnormal_rate(user)": _ratio(Measure.USERS_ABNORMAL),
    "unhandled_rate(session)": _ratio(Measure.SESSIONS_UNHANDLED),
    "unhandled_rate(user)": _ratio(Measure.USERS_UNHANDLED),
    "anr_rate()": _ratio(Measure.USERS_ANR),
    "foreground_anr_rate()": _ratio(Measure.USERS_FOREGROUND_ANR),
}
"""Every field but the composed ones below, which have no order."""

COMPOSED_FIELDS: Final = ("errored_rate(session)", "errored_rate(user)", "unhealthy_rate(session)")
"""Rates made from several measures; 0 instead of null where there is nothing to divide by."""


def measures_of(name: str, *, by_outcome: bool) -> frozenset[Measure]:
    """List the measures that a field needs, `by_outcome` if it is split or filtered by status."""
    field = FIELD_BY_NAME[name]
    if field.kind is Kind.COUNT and by_outcome:
        return _all_of(field.subject)
    if name == "unhealthy_rate(session)":
        return frozenset({Measure.SESSIONS, Measure.SESSIONS_UNHEALTHY})
    if name in COMPOSED_FIELDS:
        return _all_of(field.subject)
    ratio = RATIOS[name]
    return frozenset({ratio.above} if ratio.below is None else {ratio.above, ratio.below})


def _all_of(subject: Subject) -> frozenset[Measure]:
    return frozenset({TOTAL[subject], UNHEALTHY[subject], *FAILURES[subject].values()})


def finish(name: str, columns: Columns, count: int) -> list[Number]:
    """Give a field's numbers from the measures of `count` spans of one group."""
    if name in COMPOSED_FIELDS:
        return _finish_composed(name, columns, count)
    numbers = RATIOS[name].over(columns, count)
    if name.endswith("(session.duration)"):
        seconds = float(MILLISECONDS_PER_SECOND)
        return [None if number is None else number * seconds for number in numbers]
    if name in ("sum(session)", "count_unique(user)"):
        return [number or 0 for number in numbers]
    return numbers


def _finish_composed(name: str, columns: Columns, count: int) -> list[Number]:
    subject = Subject.USER if name.endswith("(user)") else Subject.SESSION
    if name == "unhealthy_rate(session)":
        parts = _whole(columns, Measure.SESSIONS_UNHEALTHY, count)
    else:
        parts = counter(Outcome.ERRORED, subject)(columns, count)
    totals = _whole(columns, TOTAL[subject], count)
    return [part / total if total else 0 for part, total in zip(parts, totals, strict=True)]


Counter = Callable[[Columns, int], list[int]]
"""Counts several spans at once."""


def counter(outcome: Outcome, subject: Subject) -> Counter:
    """Make what gives the sessions or users of one status; never below zero.

    The statuses exclude one another for sessions and add up to the total. A user belongs to every
    failure they had, is errored if unhealthy without a worse failure, and healthy if never
    unhealthy.
    """
    failures = FAILURES[subject]
    if outcome in failures:
        return lambda columns, count: _whole(columns, failures[outcome], count)
    if outcome is Outcome.ERRORED:
        return _difference(UNHEALTHY[subject], *failures.values())
    return _difference(TOTAL[subject], UNHEALTHY[subject])


def _whole(columns: Columns, measure: Measure, count: int) -> list[int]:
    return [int(number or 0) for number in columns.get(measure, (0,) * count)]


def _difference(whole: Measure, *parts: Measure) -> Counter:
    def difference(columns: Columns, count: int) -> list[int]:
        numbers = _whole(columns, whole, count)
        for part in parts:
            taken = _whole(columns, part, count)
            numbers = [number - less for number, less in zip(numbers, taken, strict=True)]
        return [max(number, 0) for number in numbers]

    return difference
