"""What we want to reach, and what we reached: every bar with its number.

Owns the bars and how each is computed. Does not know how anything was measured.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.race.cold import Cold
from benchmarks.race.crowd import Crowd
from benchmarks.race.dialects import DIALECTS, DUCKDB, HOURLY
from benchmarks.race.field import Watched
from benchmarks.race.ours import Late
from benchmarks.race.questions import KINDS, Kind
from benchmarks.race.rounds import HTTP, OURS, Lap

_MEGABYTE = 1e6
_LITTLE_POINTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured besides the questions, one at a time."""

    sessions: int
    load_seconds: float
    our_bytes: int
    watched: Watched
    late: Late
    crowd: Crowd
    cold: tuple[Cold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line: what, how much is wanted, how much was reached, and whether that is enough."""

    what: str
    wanted: str
    reached: str
    met: bool


def bars(laps: Sequence[Lap], measured: Measured, small: Sequence[Lap]) -> tuple[Bar, ...]:
    """Judge one run; `small` are the laps over a tenth of the sessions, if there were any."""
    wrong = sum(bool(lap.wrong) for lap in (*laps, *small)) + len(measured.crowd.wrong)
    return (
        Bar(what="answers that differ", wanted="0", reached=str(wrong), met=not wrong),
        *_question_bars(laps),
        *_upkeep_bars(measured),
        *_growth(laps, small),
    )


def our_median(laps: Sequence[Lap]) -> float:
    """The middle question's median, in seconds."""
    return statistics.median(lap.median(OURS) or 0.0 for lap in laps)


def mean_ratio(laps: Iterable[Lap], name: str) -> float | None:
    """The geometric mean of how many times faster we are than one contestant, if they ran."""
    ratios = [ratio for lap in laps if (ratio := lap.ratio(name)) is not None]
    return math.exp(statistics.fmean(map(math.log, ratios))) if ratios else None


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
    return (
        *_ratio("all questions", laps, HOURLY, 10),
        Bar(
            what="never slower than anybody",
            wanted="1x",
            reached=f"{least:.2f}x ({where})",
            met=least >= 1,
        ),
        *_ratio("distinct users", users, HOURLY, 10),
        *_ratio("distinct users", users, DUCKDB, 30),
        *_ratio("percentiles", durations, HOURLY, 1),
        _at_most("HTTP adds, 95th percentile", _high(adds) * 1000, 5, "ms"),
    )


def _upkeep_bars(measured: Measured) -> tuple[Bar, ...]:
    rate = measured.sessions / measured.load_seconds
    watched = measured.watched
    return (
        *_disk(measured.our_bytes, watched.incumbent_bytes),
        _at_most("resident while answering", watched.resident_bytes / _MEGABYTE, 1500, "MB"),
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


def _disk(own: int, incumbent: int | None) -> tuple[Bar, ...]:
    if incumbent is None:
        return ()
    return (_at_most("disk", own / _MEGABYTE, incumbent / _MEGABYTE, "MB"),)


def _growth(laps: Sequence[Lap], small: Sequence[Lap]) -> tuple[Bar, ...]:
    if not small:
        return ()
    grown = our_median(laps) / our_median(small)
    return (_at_most("growth, a tenth to all, median", grown, 2, "x"),)


def _ratio(what: str, laps: Iterable[Lap], name: str, wanted: float) -> tuple[Bar, ...]:
    """Judge how many times faster than somebody we are, who may not be there."""
    reached = mean_ratio(laps, name)
    if reached is None:
        return ()
    return (
        Bar(
            what=f"{what}, {name}",
            wanted=f"{wanted:g}x",
            reached=f"{reached:.1f}x",
            met=reached >= wanted,
        ),
    )


def _at_most(what: str, reached: float, wanted: float, unit: str) -> Bar:
    return Bar(
        what=what,
        wanted=f"<= {wanted:.0f} {unit}",
        reached=f"{reached:.1f} {unit}",
        met=reached <= wanted,
    )


def _high(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1] if values else 0.0
