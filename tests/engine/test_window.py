"""Ranges go outwards to the grid of the interval, and intervals keep the rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.dates import MICROSECONDS, microseconds, read_range
from engine.day_number import DAY_SECONDS
from engine.errors import InvalidDates, InvalidInterval, TooManyPoints
from engine.limits import INTERVAL_WORDS, Limits
from engine.window import TOO_MANY_BUCKETS, Window, align, read_interval
from tests.engine.asking import NOW, asked
from tests.property.profile import PURE

FINE = Limits(smallest_interval_seconds=10)
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)


def window_of(line: str, now: datetime = NOW, limits: Limits = FINE) -> Window:
    """Align the range of a request line."""
    request = asked(line)
    start, end = read_range(request, now)
    step = read_interval(request.interval, limits)
    return align(start, end, microseconds(now), step=step, limits=limits)


def moments(window: Window) -> tuple[str, str, int]:
    """Spell a window's ends in minutes or seconds, and count its buckets."""
    start, end = (datetime.fromtimestamp(it, UTC) for it in (window.start, window.end))
    return f"{start:%Y-%m-%dT%H:%M:%S}", f"{end:%Y-%m-%dT%H:%M:%S}", window.count


WORKED = {
    "24h-default": ("statsPeriod=24h", "2026-03-09T14:00:00", "2026-03-10T15:00:00", 25),
    "1h-1h": ("statsPeriod=1h&interval=1h", "2026-03-10T13:00:00", "2026-03-10T15:00:00", 2),
    "15m-1h": ("statsPeriod=15m&interval=1h", "2026-03-10T14:00:00", "2026-03-10T15:00:00", 1),
    "45m-15m": ("statsPeriod=45m&interval=15m", "2026-03-10T13:30:00", "2026-03-10T14:30:00", 4),
    "45m-1m": ("statsPeriod=45m&interval=1m", "2026-03-10T13:40:00", "2026-03-10T14:26:00", 46),
    "2h-10s": ("statsPeriod=2h&interval=10s", "2026-03-10T12:25:40", "2026-03-10T14:25:50", 721),
    "14d-1d": ("statsPeriod=14d&interval=1d", "2026-02-24T00:00:00", "2026-03-11T00:00:00", 15),
    "90d-1d": ("statsPeriod=90d&interval=1d", "2025-12-10T00:00:00", "2026-03-11T00:00:00", 91),
    "90d-3h": ("statsPeriod=90d&interval=3h", "2025-12-10T12:00:00", "2026-03-10T15:00:00", 721),
    "41d-1h": ("statsPeriod=41d&interval=1h", "2026-01-28T14:00:00", "2026-03-10T15:00:00", 985),
    "999h-1h": ("statsPeriod=999h", "2026-01-27T23:00:00", "2026-03-10T15:00:00", 1000),
    "explicit-on-the-grid": (
        "start=2026-03-01T00:00&end=2026-03-02T00:00&interval=6h",
        "2026-03-01T00:00:00",
        "2026-03-02T00:00:00",
        4,
    ),
    "explicit-one-second-more": (
        "start=2026-03-01T00:00&end=2026-03-02T00:00:01&interval=6h",
        "2026-03-01T00:00:00",
        "2026-03-02T06:00:00",
        5,
    ),
    "explicit-within-one-day": (
        "start=2026-03-01T05:30&end=2026-03-01T05:45&interval=1d",
        "2026-03-01T00:00:00",
        "2026-03-02T00:00:00",
        1,
    ),
    "future": (
        "start=2026-03-10T20:00&end=2026-03-11T20:00&interval=6h",
        "2026-03-10T12:00:00",
        "2026-03-12T00:00:00",
        6,
    ),
}


@pytest.mark.parametrize(("line", "start", "end", "count"), WORKED.values(), ids=WORKED.keys())
def test_worked_examples(line: str, start: str, end: str, count: int) -> None:
    """The published examples of alignment come out as published."""
    assert moments(window_of(line)) == (start, end, count)


ON_THE_GRID = {
    "1d": ("statsPeriod=1d&interval=1d", "2026-03-09T00:00:00", 1),
    "90d": ("statsPeriod=90d&interval=1d", "2025-12-10T00:00:00", 90),
}


@pytest.mark.parametrize(("line", "start", "count"), ON_THE_GRID.values(), ids=ON_THE_GRID.keys())
def test_period_that_ends_on_the_grid_has_no_bucket_more(line: str, start: str, count: int) -> None:
    """Only where now lies on the grid, a period of N intervals has N buckets."""
    assert moments(window_of(line, MIDNIGHT)) == (start, "2026-03-10T00:00:00", count)


TOO_MANY = {
    "90d-2h": "statsPeriod=90d&interval=2h",
    "42d-1h": "statsPeriod=42d&interval=1h",
    "1000h-1h": "statsPeriod=1000h&interval=1h",
    "3h-10s": "statsPeriod=3h&interval=10s",
    "nothing": "",
    "whole-calendar": "start=0001-01-01&end=9999-12-31&interval=1d",
}


@pytest.mark.parametrize("line", TOO_MANY.values(), ids=TOO_MANY.keys())
def test_more_than_a_thousand_buckets_are_refused(line: str) -> None:
    """The reference's sentence is given for each range that would have too many buckets."""
    with pytest.raises(TooManyPoints) as caught:
        window_of(line)

    assert caught.value.message == TOO_MANY_BUCKETS
    assert TOO_MANY_BUCKETS == (
        "Your interval and date range would create too many results."
        " Use a larger interval, or a smaller date range."
    )


def test_limit_of_buckets_is_a_setting() -> None:
    """The number of buckets allowed is that of the limits."""
    assert window_of("statsPeriod=2d", limits=Limits(buckets=49)).count == 49
    with pytest.raises(TooManyPoints):
        window_of("statsPeriod=2d", limits=Limits(buckets=48))


def _multiple(seconds: int) -> str:
    words = INTERVAL_WORDS[seconds]
    return f"The interval has to be a multiple of the minimum interval of {words}."


LESS = "The interval has to be less than one day."
DIVIDE = "The interval should divide one day without a remainder."
INTERVALS: dict[str, tuple[str | None, dict[int, int | str]]] = {
    "absent": (None, {10: 3600, 60: 3600, 3600: 3600}),
    "empty": ("", {10: 3600, 60: 3600, 3600: 3600}),
    "10s": ("10s", {10: 10, 60: _multiple(60), 3600: _multiple(3600)}),
    "7s": ("7s", {10: _multiple(10), 60: _multiple(60), 3600: _multiple(3600)}),
    "25s": ("25s", {10: _multiple(10), 60: _multiple(60), 3600: _multiple(3600)}),
    "70s": ("70s", {10: DIVIDE, 60: _multiple(60), 3600: _multiple(3600)}),
    "90s": ("90s", {10: 90, 60: _multiple(60), 3600: _multiple(3600)}),
    "1m": ("1m", {10: 60, 60: 60, 3600: _multiple(3600)}),
    "59m": ("59m", {10: DIVIDE, 60: DIVIDE, 3600: _multiple(3600)}),
    "90m": ("90m", {10: 5400, 60: 5400, 3600: _multiple(3600)}),
    "60m": ("60m", {10: 3600, 60: 3600, 3600: 3600}),
    "3600": ("3600", {10: 3600, 60: 3600, 3600: 3600}),
    "5h": ("5h", {10: DIVIDE, 60: DIVIDE, 3600: DIVIDE}),
    "12h": ("12h", {10: 43_200, 60: 43_200, 3600: 43_200}),
    "1d": ("1d", {10: DAY_SECONDS, 60: DAY_SECONDS, 3600: DAY_SECONDS}),
    "24h": ("24h", {10: DAY_SECONDS, 60: DAY_SECONDS, 3600: DAY_SECONDS}),
    "25h": ("25h", {10: LESS, 60: LESS, 3600: LESS}),
    "2d": ("2d", {10: LESS, 60: LESS, 3600: LESS}),
    "1w": ("1w", {10: LESS, 60: LESS, 3600: LESS}),
    "0": ("0", {10: _multiple(10), 60: _multiple(60), 3600: _multiple(3600)}),
    "0d": ("0d", {10: _multiple(10), 60: _multiple(60), 3600: _multiple(3600)}),
    "huge": ("9" * 18 + "w", {10: LESS, 60: LESS, 3600: LESS}),
}
RULED = {
    f"{name}-of-{smallest}s": (text, smallest, outcome)
    for name, (text, outcomes) in INTERVALS.items()
    for smallest, outcome in outcomes.items()
}


@pytest.mark.parametrize(("text", "smallest", "outcome"), RULED.values(), ids=RULED.keys())
def test_interval_rules(text: str | None, smallest: int, outcome: int | str) -> None:
    """An interval is a multiple of the smallest one, at most a day, and divides a day."""
    limits = Limits(smallest_interval_seconds=smallest)
    if isinstance(outcome, int):
        assert read_interval(text, limits) == outcome
        return
    with pytest.raises(InvalidInterval) as caught:
        read_interval(text, limits)

    assert caught.value.message == outcome


@pytest.mark.parametrize("text", ["abc", "1.5h", "-1h", "1y", "1H", "\ud800", "9" * 19])
def test_interval_that_does_not_parse_is_refused(text: str) -> None:
    """What is no interval is never read as one hour."""
    with pytest.raises(InvalidInterval) as caught:
        read_interval(text, FINE)

    assert caught.value.message == f"Invalid interval: {text!r}"


OUTSIDE = {
    "after-the-last-hour": "start=9999-12-31T23:30&end=9999-12-31T23:59&interval=1h",
    "after-the-last-day": "start=9999-12-31&end=9999-12-31T12:00&interval=1d",
}


@pytest.mark.parametrize("line", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_alignment_does_not_leave_the_calendar(line: str) -> None:
    """A range whose aligned end cannot be written as a date is refused, not wrapped."""
    later = datetime(9999, 12, 31, 23, 45, tzinfo=UTC)
    with pytest.raises(InvalidDates) as caught:
        window_of(line, later)

    assert caught.value.message == "Invalid date range: the range leaves the calendar"


EDGES = {
    "first-day": ("start=0001-01-01&end=0001-01-01T00:30", ("0001-01-01T00:00:00", 1)),
    "last-hours": ("start=9999-12-31T20:00&end=9999-12-31T22:30", ("9999-12-31T20:00:00", 3)),
}


@pytest.mark.parametrize(("line", "expected"), EDGES.values(), ids=EDGES.keys())
def test_first_and_last_year_can_be_asked_for(line: str, expected: tuple[str, int]) -> None:
    """Years 1 and 9999 are years like others, as far as they can be written."""
    later = datetime(9999, 12, 31, 23, 45, tzinfo=UTC)

    window = window_of(line, later)

    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=window.start)
    assert (start.isoformat()[:19], window.count) == expected


STEPS = st.sampled_from([10, 60, 90, 600, 3600, 5400, 21_600, DAY_SECONDS])
INSTANTS = st.integers(-(10**15), 10**16)


@PURE
@given(INSTANTS, st.integers(1, 10**14), st.integers(-(10**12), 10**15), STEPS)
def test_aligned_range_contains_the_asked_one(
    start: int, length: int, since: int, step: int
) -> None:
    """Nothing that was asked for is cut off, and less than an interval is added at each end."""
    end, now = start + length, start + since
    assume(now < end)

    window = align(start, end, now, step=step, limits=Limits(buckets=10**9))

    first = min(start, now)
    assert 0 <= first - window.start * MICROSECONDS < step * MICROSECONDS
    assert 0 <= window.end * MICROSECONDS - end < step * MICROSECONDS
    assert window.start % step == 0
    assert window.end == window.start + window.count * step


@PURE
@given(INSTANTS, st.integers(1, 10**14), STEPS)
def test_alignment_is_idempotent(start: int, length: int, step: int) -> None:
    """An aligned range aligns to itself."""
    limits = Limits(buckets=10**9)
    now = start + length

    window = align(start, now, now, step=step, limits=limits)
    ends = (window.start * MICROSECONDS, window.end * MICROSECONDS)

    assert align(*ends, now, step=step, limits=limits) == window
