"""The date parameters become a raw range, or one sentence about what is wrong with them."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.dates import microseconds, read_period, read_range
from engine.errors import InvalidDates
from engine.request import Request
from tests.engine.asking import NOW, asked

PERIODS = {
    "hours": ("24h", 86_400),
    "days": ("90d", 7_776_000),
    "minutes": ("45m", 2700),
    "seconds": ("10s", 10),
    "weeks": ("2w", 1_209_600),
    "no-unit-is-seconds": ("3600", 3600),
    "zero": ("0d", 0),
    "leading-zeros": ("007h", 25_200),
    "empty": ("", None),
    "word": ("abc", None),
    "fraction": ("1.5h", None),
    "negative": ("-1h", None),
    "plus": ("+1h", None),
    "unknown-unit": ("1y", None),
    "capital-unit": ("1H", None),
    "blank-around": (" 1h", None),
    "line-end": ("1h\n", None),
    "two-units": ("1h30m", None),
    "other-digits": ("\u0661h", None),
    "huge": ("9" * 5000 + "d", None),
}


@pytest.mark.parametrize(("text", "seconds"), PERIODS.values(), ids=PERIODS.keys())
def test_period_is_a_number_and_perhaps_a_unit(text: str, seconds: int | None) -> None:
    """A period reads as whole seconds, or not at all."""
    assert read_period(text) == seconds


def moment(text: str) -> datetime:
    """Read a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NINETY_DAYS = (NOW - timedelta(days=90), NOW)
RANGES = {
    "nothing-is-90-days": ("", NINETY_DAYS),
    "period": ("statsPeriod=24h", (NOW - timedelta(hours=24), NOW)),
    "period-in-seconds": ("statsPeriod=90", (NOW - timedelta(seconds=90), NOW)),
    "period-over-all-others": (
        "statsPeriod=1h&start=2026-03-01&end=2026-03-02&statsPeriodStart=3h&statsPeriodEnd=2h",
        (NOW - timedelta(hours=1), NOW),
    ),
    "two-ago": (
        "statsPeriodStart=3h&statsPeriodEnd=1h",
        (NOW - timedelta(hours=3), NOW - timedelta(hours=1)),
    ),
    "two-ago-over-moments": (
        "statsPeriodStart=3h&statsPeriodEnd=1h&start=2026-03-01&end=2026-03-02",
        (NOW - timedelta(hours=3), NOW - timedelta(hours=1)),
    ),
    "dates": ("start=2026-03-01&end=2026-03-02", (moment("2026-03-01"), moment("2026-03-02"))),
    "blank-between": (
        "start=2026-03-01 05:30&end=2026-03-01 05:45:00",
        (moment("2026-03-01T05:30"), moment("2026-03-01T05:45")),
    ),
    "zulu": (
        "start=2026-03-01T00:00:00Z&end=2026-03-01T00:00:01Z",
        (moment("2026-03-01"), moment("2026-03-01T00:00:01")),
    ),
    "offset-is-converted": (
        "start=2026-03-01T00:00:00%2B05:30&end=2026-03-01T00:00:00-01:00",
        (moment("2026-02-28T18:30"), moment("2026-03-01T01:00")),
    ),
    "fractions": (
        "start=2026-03-01T00:00:00.1&end=2026-03-01T00:00:00.123456789",
        (moment("2026-03-01T00:00:00.100000"), moment("2026-03-01T00:00:00.123456")),
    ),
    "unix-seconds": (
        "start=1772323200&end=1772323200.5",
        (moment("2026-03-01"), moment("2026-03-01T00:00:00.500000")),
    ),
    "a-year-is-unix-seconds": (
        "start=2021&end=2022",
        (moment("1970-01-01T00:33:41"), moment("1970-01-01T00:33:42")),
    ),
    "before-the-epoch": (
        "start=1969-12-31T23:59:59&end=1970-01-01",
        (moment("1969-12-31T23:59:59"), moment("1970-01-01")),
    ),
    "year-1": (
        "start=0001-01-01&end=0001-01-02",
        (moment("0001-01-01"), moment("0001-01-02")),
    ),
    "year-9999": (
        "start=9999-12-31&end=9999-12-31T23:59:59.999999",
        (moment("9999-12-31"), moment("9999-12-31T23:59:59.999999")),
    ),
    "empty-pairs-are-absent": ("start=&end=&statsPeriodStart=&statsPeriodEnd=", NINETY_DAYS),
}


@pytest.mark.parametrize(("line", "expected"), RANGES.values(), ids=RANGES.keys())
def test_range_is_read_exactly(line: str, expected: tuple[datetime, datetime]) -> None:
    """Each way to name a range gives its moments to the microsecond."""
    assert read_range(asked(line), NOW) == tuple(map(microseconds, expected))


BOTH_AGO = "statsPeriodStart and statsPeriodEnd are both required"
BOTH = "start and end are both required"
ORDER = "start must be before end"
WRONG = {
    "empty-period": ("statsPeriod=", "Invalid statsPeriod: ''"),
    "word": ("statsPeriod=abc", "Invalid statsPeriod: 'abc'"),
    "quote": ("statsPeriod=1'h", 'Invalid statsPeriod: "1\'h"'),
    "control-character": ("statsPeriod=1h%0A", r"Invalid statsPeriod: '1h\n'"),
    "before-year-1": ("statsPeriod=999999d", "Invalid statsPeriod: '999999d'"),
    "huge": (f"statsPeriod={'9' * 18}w", f"Invalid statsPeriod: '{'9' * 18}w'"),
    "no-time-at-all": ("statsPeriod=0d", ORDER),
    "ago-start-alone": ("statsPeriodStart=3h", BOTH_AGO),
    "ago-end-alone": ("statsPeriodEnd=3h&start=2026-03-01&end=2026-03-02", BOTH_AGO),
    "ago-start-unreadable": (
        "statsPeriodStart=x&statsPeriodEnd=y",
        "Invalid statsPeriodStart: 'x'",
    ),
    "ago-end-unreadable": ("statsPeriodStart=1h&statsPeriodEnd=y", "Invalid statsPeriodEnd: 'y'"),
    "ago-turned-round": ("statsPeriodStart=1h&statsPeriodEnd=3h", ORDER),
    "start-alone": ("start=2026-03-01", BOTH),
    "end-alone": ("end=2026-03-01&start=", BOTH),
    "turned-round": ("start=2026-03-02&end=2026-03-01", ORDER),
    "same": ("start=2026-03-02&end=2026-03-02", ORDER),
    "no-such-day": ("start=2026-02-30&end=x", "2026-02-30 is not a valid ISO8601 date query"),
    "word-as-end": ("start=2026-02-20&end=today", "today is not a valid ISO8601 date query"),
    "not-a-number": ("start=nan&end=1", "nan is not a valid ISO8601 date query"),
    "infinite": ("start=0&end=inf", "inf is not a valid ISO8601 date query"),
    "beyond-the-calendar": ("start=0&end=1e300", "1e300 is not a valid ISO8601 date query"),
    "year-0": ("start=0000-01-01&end=1", "0000-01-01 is not a valid ISO8601 date query"),
    "year-10000": ("start=0&end=10000-01-01", "10000-01-01 is not a valid ISO8601 date query"),
    "offset-out-of-the-calendar": (
        "start=0001-01-01T00:00:00%2B14:00&end=1",
        "0001-01-01T00:00:00+14:00 is not a valid ISO8601 date query",
    ),
}


@pytest.mark.parametrize(("line", "text"), WRONG.values(), ids=WRONG.keys())
def test_wrong_dates_are_told(line: str, text: str) -> None:
    """Every complaint about dates has the same beginning and names what was typed."""
    with pytest.raises(InvalidDates) as caught:
        read_range(asked(line), NOW)

    assert caught.value.message == f"Invalid date range: {text}"


def test_lone_surrogates_are_told() -> None:
    """Text that cannot be written as UTF-8 is a wrong period like any other."""
    with pytest.raises(InvalidDates) as caught:
        read_range(Request(period="\ud800"), NOW)

    assert caught.value.message == r"Invalid date range: Invalid statsPeriod: '\ud800'"


@pytest.mark.parametrize("year", [1, 1969, 1970, 2026, 9999])
def test_microseconds_are_exact(year: int) -> None:
    """No moment of the calendar is rounded on its way to a number."""
    exact = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

    found = microseconds(exact)

    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found) == exact
