"""From the date parameters to the raw range that was asked for.

Owns reading of periods and moments. Does not know alignment: `engine.window` does.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from engine.errors import InvalidDates
from engine.request import Request

MICROSECONDS: Final = 1_000_000
DEFAULT_PERIOD: Final = "90d"
_PERIOD = re.compile(r"([0-9]+)([hdmsw]?)", re.ASCII)
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def read_period(text: str) -> int | None:
    """Read `<number>[hdmsw]` as seconds; no unit means seconds; None if it does not read."""
    match = _PERIOD.fullmatch(text)
    return int(match[1]) * _UNIT_SECONDS[match[2]] if match and len(match[1]) <= 18 else None


def microseconds(moment: datetime) -> int:
    """Turn an aware moment into Unix microseconds, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def read_range(request: Request, now: datetime) -> tuple[int, int]:
    """Give the raw `[start, end)` in Unix microseconds; the rules are tried in this order.

    A period ends now; a pair of "ago" periods; a pair of moments; else the last 90 days.
    Raises InvalidDates with the reference's prefix.
    """
    try:
        start, end = _choose(request, now)
    except InvalidDates as error:
        message = f"Invalid date range: {error.message}"
        raise InvalidDates(message) from error
    return start, end


def _choose(request: Request, now: datetime) -> tuple[int, int]:
    now_microseconds = microseconds(now)
    if request.period is not None:
        start, end = _ago(request.period, "statsPeriod", now), now_microseconds
    elif request.period_start or request.period_end:
        if not (request.period_start and request.period_end):
            message = "statsPeriodStart and statsPeriodEnd are both required"
            raise InvalidDates(message)
        start = _ago(request.period_start, "statsPeriodStart", now)
        end = _ago(request.period_end, "statsPeriodEnd", now)
    elif request.start or request.end:
        if not (request.start and request.end):
            message = "start and end are both required"
            raise InvalidDates(message)
        start, end = _moment(request.start), _moment(request.end)
    else:
        start, end = _ago(DEFAULT_PERIOD, "statsPeriod", now), now_microseconds
    if start >= end:
        message = "start must be before end"
        raise InvalidDates(message)
    return start, end


def _ago(text: str, parameter: str, now: datetime) -> int:
    seconds = read_period(text)
    try:
        if seconds is None:
            raise OverflowError
        return microseconds(now - timedelta(seconds=seconds))
    except OverflowError:
        message = f"Invalid {parameter}: {text!r}"
        raise InvalidDates(message) from None


def _moment(text: str) -> int:
    """Read ISO-8601 (naive is UTC), or else a Unix timestamp with or without fraction."""
    try:
        moment = datetime.fromisoformat(text)
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return microseconds(aware)
    except (ValueError, OverflowError):
        pass
    try:
        seconds = float(text)
        if not math.isfinite(seconds):
            raise ValueError
        return microseconds(_EPOCH + timedelta(seconds=seconds))
    except (ValueError, OverflowError):
        message = f"{text} is not a valid ISO8601 date query"
        raise InvalidDates(message) from None
