"""The numbers of one group over one span, naively.

Owns the 22 fields as formulas over a list of folded sessions. Does not know groups or buckets.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from schema.session import OUTCOMES_IN_ANSWERS, Outcome
from tests.oracle.fold import Session

Number: TypeAlias = int | float | None
Sessions: TypeAlias = Sequence[Session]

FAILURES = (Outcome.CRASHED, Outcome.ABNORMAL, Outcome.UNHANDLED)
UNHEALTHY = (*FAILURES, Outcome.ERRORED)
SIMPLE_RATES = {
    "crash_rate": Outcome.CRASHED,
    "crash_free_rate": Outcome.CRASHED,
    "abnormal_rate": Outcome.ABNORMAL,
    "unhandled_rate": Outcome.UNHANDLED,
}
ZERO_WHEN_EMPTY = ("errored_rate(session)", "errored_rate(user)", "unhealthy_rate(session)")
DURATION = "(session.duration)"


def measure(field: str, sessions: Sessions, outcomes: Sequence[Outcome] | None = None) -> Number:
    """Give one field's number; `outcomes` chooses statuses, None means no status plays a part."""
    if field.endswith(DURATION):
        wanted = outcomes is None or Outcome.HEALTHY in outcomes
        return _duration(field.removesuffix(DURATION), sessions) if wanted else None
    count = count_sessions if field.endswith("(session)") else count_users
    if field in ("sum(session)", "count_unique(user)"):
        if outcomes is None:
            return count(sessions)
        return sum(count(sessions, outcome) for outcome in outcomes)
    if field in ("anr_rate()", "foreground_anr_rate()"):
        return _not_responding(sessions, foreground_only=field.startswith("foreground"))
    total = count(sessions)
    if total == 0:
        return 0 if field in ZERO_WHEN_EMPTY else None
    return _rate(field, total, sessions)


def _rate(field: str, total: int, sessions: Sessions) -> float:
    count = count_sessions if field.endswith("(session)") else count_users
    name = field.partition("(")[0]
    if name == "errored_rate":
        return count(sessions, Outcome.ERRORED) / total
    if name == "unhealthy_rate":
        return sum(count(sessions, outcome) for outcome in UNHEALTHY) / total
    share = count(sessions, SIMPLE_RATES[name]) / total
    return 1 - share if name == "crash_free_rate" else share


def count_sessions(sessions: Sessions, outcome: Outcome | None = None) -> int:
    """Count all sessions, or those of one outcome."""
    return sum(s.quantity for s in sessions if outcome is None or s.outcome is outcome)


def count_users(sessions: Sessions, outcome: Outcome | None = None) -> int:
    """Count distinct users.

    A user belongs to every failure they had; errored are those with errors and no failure, counted
    by subtraction; healthy are those who never had anything but healthy sessions.
    """
    if outcome is None:
        return len(_users(sessions, OUTCOMES_IN_ANSWERS))
    if outcome in FAILURES:
        return len(_users(sessions, [outcome]))
    unhealthy = len(_users(sessions, UNHEALTHY))
    if outcome is Outcome.HEALTHY:
        return max(0, count_users(sessions) - unhealthy)
    return max(0, unhealthy - sum(count_users(sessions, failure) for failure in FAILURES))


def _users(sessions: Sessions, outcomes: Iterable[Outcome]) -> set[str]:
    chosen = set(outcomes)
    return {s.user for s in sessions if s.user is not None and s.outcome in chosen}


def _not_responding(sessions: Sessions, *, foreground_only: bool) -> float | None:
    mechanisms = ("anr_foreground",) if foreground_only else ("anr_foreground", "anr_background")
    stuck = {s.user for s in sessions if s.user is not None and s.mechanism in mechanisms}
    total = count_users(sessions)
    return len(stuck) / total if total else None


def _duration(function: str, sessions: Sessions) -> float | None:
    seconds = sorted(s.duration for s in sessions if s.duration is not None)
    if not seconds:
        return None
    if function == "avg":
        return sum(seconds) / len(seconds) * 1000
    if function == "max":
        return seconds[-1] * 1000
    return _percentile(seconds, int(function[1:]) / 100) * 1000


def _percentile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below, above = math.floor(place), math.ceil(place)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
