"""How much a key may send in a minute."""

from datetime import UTC, datetime, timedelta

from api.ingest.rates import Rates

START = datetime(2026, 3, 10, 14, 25, tzinfo=UTC)


def test_limit_is_reached_and_passes() -> None:
    """A key at its limit pauses until the minute is over; others do not."""
    rates = Rates()
    later = START + timedelta(seconds=20.5)
    rates.spend("a", 2, START)

    assert rates.pause_seconds("a", 3, later) == 0
    rates.spend("a", 5, later)
    assert rates.pause_seconds("a", 3, later) == 40
    assert rates.pause_seconds("b", 3, later) == 0
    assert rates.pause_seconds("a", None, later) == 0
    assert rates.pause_seconds("a", 3, START + timedelta(minutes=1)) == 0
