"""What we want to reach, and what we reached: every bar with its number.

Owns the bars and how each is computed. Does not know how anything was measured.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.contest.dialects import DIALECTS
from benchmarks.contest.ours import Late
from benchmarks.contest.questions import KINDS, Kind
from benchmarks.contest.rounds import HOURLY, HTTP, OURS, Lap

_MEGABYTE = 1e6
_LITTLE_POINTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured besides the questions; `small_median` is None without a smaller size."""

    sessions: int
    load_seconds: float
    our_bytes: int
    incumbent_bytes: int
    resident_bytes: int
    late: Late
    small_median: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line: what, how much is wanted, how much was reached, and whether that is enough."""

    what: str
    wanted: str
    reached: str
    met: bool


def bars(laps: Sequence[Lap], measured: Measured) -> tuple[Bar, ...]:
    """Judge one run."""
    return (*_question_bars(laps), *_upkeep_bars(measured), *_growth(laps, measured))


def our_median(laps: Sequence[Lap]) -> float:
    """The middle question's median, in seconds."""
    return statistics.median(lap.median(OURS) or 0.0 for lap in laps)


def mean_ratio(laps: Iterable[Lap], name: str) -> float:
    """The geometric mean of how many times faster we are than one contestant."""
    ratios = [ratio for lap in laps if (ratio := lap.ratio(name)) is not None]
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else math.nan


def slowest(laps: Sequence[Lap]) -> tuple[float, str]:
    """The least ratio to anybody, and of which question and contestant."""
    return min(
        (ratio, f"{lap.shape.name} against {name}")
        for lap in laps
        for name in DIALECTS
        if (ratio := lap.ratio(name)) is not None
    )


def _question_bars(laps: Sequence[Lap]) -> tuple[Bar, ...]:
    users = [lap for lap in laps if KINDS[lap.shape.name] is Kind.USERS]
    durations = [lap for lap in laps if KINDS[lap.shape.name] is Kind.PERCENTILES]
    least, where = slowest(laps)
    adds = [
        (lap.median(HTTP) or 0.0) - (lap.median(OURS) or 0.0)
        for lap in laps
        if lap.points <= _LITTLE_POINTS
    ]
    wrong = sum(bool(lap.wrong) for lap in laps)
    return (
        Bar(what="answers that differ", wanted="0", reached=str(wrong), met=not wrong),
        _ratio("all questions, hourly states", mean_ratio(laps, HOURLY), 10),
        Bar(
            what="never slower than anybody",
            wanted="1x",
            reached=f"{least:.2f}x ({where})",
            met=least >= 1,
        ),
        _ratio("distinct users, hourly states", mean_ratio(users, HOURLY), 10),
        _ratio("distinct users, DuckDB", mean_ratio(users, "DuckDB"), 30),
        _ratio("percentiles, hourly states", mean_ratio(durations, HOURLY), 1),
        _at_most("HTTP adds, 95th percentile", _high(adds) * 1000, 5, "ms"),
    )


def _upkeep_bars(measured: Measured) -> tuple[Bar, ...]:
    rate = measured.sessions / measured.load_seconds
    return (
        _at_most(
            "disk", measured.our_bytes / _MEGABYTE, measured.incumbent_bytes / _MEGABYTE, "MB"
        ),
        _at_most("resident while answering", measured.resident_bytes / _MEGABYTE, 1500, "MB"),
        Bar(
            what="load",
            wanted="100,000 sessions/s",
            reached=f"{rate:,.0f} sessions/s",
            met=rate >= 100_000,  # the bar itself
        ),
        Bar(
            what="late update, other days untouched",
            wanted="2 s",
            reached=f"{measured.late.seconds:.2f} s" + ("" if measured.late.right else ", wrong"),
            met=measured.late.right and measured.late.seconds <= 2,
        ),
    )


def _growth(laps: Sequence[Lap], measured: Measured) -> tuple[Bar, ...]:
    if measured.small_median is None:
        return ()
    return (
        _at_most(
            "growth, a tenth to all, median", our_median(laps) / measured.small_median, 2, "x"
        ),
    )


def _ratio(what: str, reached: float, wanted: float) -> Bar:
    return Bar(what=what, wanted=f"{wanted:g}x", reached=f"{reached:.1f}x", met=reached >= wanted)


def _at_most(what: str, reached: float, wanted: float, unit: str) -> Bar:
    return Bar(
        what=what,
        wanted=f"<= {wanted:.0f} {unit}",
        reached=f"{reached:.1f} {unit}",
        met=reached <= wanted,
    )


def _high(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else 0.0
