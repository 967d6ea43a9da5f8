"""What was made known once is not made known again, unless it turns out to be older."""

from datetime import datetime, timedelta

from engine.seen import Seen

NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001  (as the database gives it: UTC without saying so)


def test_only_news_has_to_be_written() -> None:
    """Another release, another environment or an earlier start is news."""
    seen = Seen()
    known = (1, "prod", "app@1", NOON)
    before = seen.covers([known])
    seen.remember([known])

    assert not before
    assert seen.covers([known, (1, "prod", "app@1", NOON + timedelta(hours=1))])
    assert not seen.covers([known, (1, "prod", "app@2", NOON)])
    assert not seen.covers([(1, "dev", "app@1", NOON)])
    assert not seen.covers([(2, "prod", "app@1", NOON)])
    assert not seen.covers([(1, "prod", "app@1", NOON - timedelta(hours=1))])


def test_a_later_start_does_not_hide_an_earlier_one() -> None:
    """The earliest start is remembered."""
    seen = Seen()
    seen.remember([(1, "", "app@1", NOON)])
    seen.remember([(1, "", "app@1", NOON + timedelta(hours=5))])

    assert seen.covers([(1, "", "app@1", NOON)])
    assert not seen.covers([(1, "", "app@1", NOON - timedelta(seconds=1))])
