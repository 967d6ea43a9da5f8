"""How each public field is made from measures, and what it is where nothing was measured.

Owns the formulas. A measure is computed by storage on exactly the rows of one group and one span,
so totals are measured over the whole range: users and percentiles do not add up over a series. Only
what is ADDITIVE may be summed. Does not know how a measure is computed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.result import Number
from schema.catalog import FIELD_BY_NAME, Kind, Measure, Subject
from schema.session import Outcome

Values = Mapping[Measure, float | int | None]

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

    def of(self, values: Values) -> Number:
        """Give the number for one group and one span."""
        above = values.get(self.above)
        if self.below is None:
            return above
        below = values.get(self.below)
        if not below:
            return None
        share = (above or 0) / below
        return 1 - share if self.free else share


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


def finish(name: str, values: Values) -> Number:
    """Give a field's number from the measures of one group and one span; `{}` is an empty span."""
    if name in COMPOSED_FIELDS:
        return _finish_composed(name, values)
    number = RATIOS[name].of(values)
    if name.endswith("(session.duration)"):
        return None if number is None else number * float(MILLISECONDS_PER_SECOND)
    if name in ("sum(session)", "count_unique(user)"):
        return number or 0
    return number


def _finish_composed(name: str, values: Values) -> Number:
    subject = Subject.USER if name.endswith("(user)") else Subject.SESSION
    total = values.get(TOTAL[subject]) or 0
    if not total:
        return 0
    if name == "unhealthy_rate(session)":
        return (values.get(Measure.SESSIONS_UNHEALTHY) or 0) / total
    return counter(Outcome.ERRORED, subject)(values) / total


def counter(outcome: Outcome, subject: Subject) -> Callable[[Values], int]:
    """Make what gives the sessions or users of one status; never below zero.

    The statuses exclude one another for sessions and add up to the total. A user belongs to every
    failure they had, is errored if unhealthy without a worse failure, and healthy if never
    unhealthy.
    """
    failures = FAILURES[subject]
    if outcome in failures:
        return _plain(failures[outcome])
    if outcome is Outcome.ERRORED:
        return _difference(UNHEALTHY[subject], *failures.values())
    return _difference(TOTAL[subject], UNHEALTHY[subject])


def _plain(measure: Measure) -> Callable[[Values], int]:
    return lambda values: int(values.get(measure) or 0)


def _difference(whole: Measure, *parts: Measure) -> Callable[[Values], int]:
    def difference(values: Values) -> int:
        number = int(values.get(whole) or 0)
        for part in parts:
            number -= int(values.get(part) or 0)
        return max(number, 0)

    return difference
