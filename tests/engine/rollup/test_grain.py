"""A range falls into whole days and hours at its ends, and nothing of it is lost or doubled."""

from hypothesis import given
from hypothesis import strategies as st

from engine.day_number import DAY_SECONDS
from engine.rollup.grain import Days, blocks_of, bucket_of, days_of_block, hours_of
from engine.window import Window
from tests.property.profile import PURE

STEPS = st.sampled_from([hours * 3600 for hours in (1, 2, 3, 4, 6, 8, 12, 24)])
WINDOWS = st.builds(
    lambda first, step, count: Window(start=first * step, step=step, count=count),
    st.integers(-2000, 500_000),
    STEPS,
    st.integers(1, 400),
)


@PURE
@given(WINDOWS)
def test_days_and_hours_cover_the_range_once(window: Window) -> None:
    """Whole days have all of their hours in it, cut days some; together they are the range."""
    days = Days.of(window)
    hours = {day: list(hours_of(window, day)) for day in range(days.first - 1, days.end + 1)}

    assert all(len(hours[day]) == 24 for day in days.whole())
    assert all(0 < len(hours[day]) < 24 for day in days.cut())
    assert {day for day, some in hours.items() if some} == {*days.whole(), *days.cut()}
    assert sum(map(len, hours.values())) * 3600 == window.end - window.start


@PURE
@given(WINDOWS)
def test_every_hour_lies_in_its_bucket(window: Window) -> None:
    """The bucket of an hour begins at or before it, and ends after it."""
    days = Days.of(window)
    for day in (days.first, days.end - 1):
        for hour in hours_of(window, day):
            second = day * DAY_SECONDS + hour * 3600
            begins = window.start + bucket_of(window, day, hour) * window.step

            assert begins <= second < begins + window.step


@PURE
@given(WINDOWS)
def test_blocks_lie_in_the_whole_days(window: Window) -> None:
    """A block is never of days that are not in the range from beginning to end."""
    days = Days.of(window)
    blocks = [day for block in blocks_of(days) for day in days_of_block(block)]

    assert set(blocks) <= set(days.whole())
    assert len(blocks) == len(set(blocks))
