"""From the date parameters to the aligned window, naively.

Owns periods, moments, the interval and alignment, in exact fractions of Unix seconds. Does not
know sessions.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from engine.limits import INTERVAL_WORDS, Limits
from engine.request import Request
from tests.oracle.fold import MICROSECONDS, read_moment
from tests.oracle.refusal import Refused

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
TOO_MANY = (
    "Your interval and date range would create too many results."
    " Use a larger interval, or a smaller date range."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`count` buckets of `step` seconds, the first of which begins at `start`."""

    start: int
    step: int
    count: int

    @property
    def end(self) -> int:
        """Give the first second after the last bucket."""
        return self.start + self.step * self.count


def raw_range(request: Request, now: datetime) -> tuple[Fraction, Fraction]:
    """Give the range that was asked for; every complaint about it has the same prefix."""
    try:
        start, end = _chosen(request, now)
        if start >= end:
            raise Refused("start must be before end")
    except Refused as complaint:
        raise Refused(f"Invalid date range: {complaint.detail}") from None
    return start, end


def _chosen(request: Request, now: datetime) -> tuple[Fraction, Fraction]:
    if request.period is not None:
        return _ago("statsPeriod", request.period, now), seconds_of(now)
    if request.period_start or request.period_end:
        if not (request.period_start and request.period_end):
            raise Refused("statsPeriodStart and statsPeriodEnd are both required")
        return (
            _ago("statsPeriodStart", request.period_start, now),
            _ago("statsPeriodEnd", request.period_end, now),
        )
    if request.start or request.end:
        if not (request.start and request.end):
            raise Refused("start and end are both required")
        return _moment(request.start), _moment(request.end)
    return _ago("statsPeriod", "90d", now), seconds_of(now)


def seconds_of(moment: datetime) -> Fraction:
    """Give an aware moment in Unix seconds, exactly."""
    return Fraction(read_moment(moment), MICROSECONDS)


def period_seconds(text: str) -> int | None:
    """Read a number and a unit; None if it does not read."""
    match = re.fullmatch("([0-9]+)([hdmsw]?)", text)
    return int(match[1]) * UNITS[match[2] or "s"] if match else None


def _ago(parameter: str, text: str, now: datetime) -> Fraction:
    seconds = period_seconds(text)
    try:
        if seconds is not None:
            return seconds_of(now - timedelta(seconds=seconds))
    except OverflowError:
        pass
    raise Refused(f"Invalid {parameter}: {text!r}")


def _moment(text: str) -> Fraction:
    try:
        parsed = datetime.fromisoformat(text)
        return seconds_of(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Refused(f"{text} is not a valid ISO8601 date query")
    return Fraction(round(number * MICROSECONDS), MICROSECONDS)


def interval_seconds(text: str | None, limits: Limits) -> int:
    """Give the length of a bucket; one hour if absent."""
    seconds = period_seconds(text) if text else 3600
    if seconds is None:
        raise Refused(f"Invalid interval: {text!r}")
    smallest = limits.smallest_interval_seconds
    if seconds < smallest or seconds % smallest != 0:
        words = INTERVAL_WORDS[smallest]
        raise Refused(f"The interval has to be a multiple of the minimum interval of {words}.")
    if seconds > UNITS["d"]:
        raise Refused("The interval has to be less than one day.")
    if UNITS["d"] % seconds != 0:
        raise Refused("The interval should divide one day without a remainder.")
    return seconds


def aligned(asked: tuple[Fraction, Fraction], now: datetime, step: int, limits: Limits) -> Window:
    """Move both ends outwards to the grid of `step` that begins at the Unix epoch."""
    start, end = min(asked[0], seconds_of(now)), asked[1]
    first = step * math.floor(start / step)
    count = math.ceil((end - first) / step)
    if count > limits.buckets:
        raise Refused(TOO_MANY)
    return Window(start=first, step=step, count=count)
