"""Pages are read, and points are spent, before anything is asked of the store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.budget import INVALID_CURSOR, INVALID_PER_PAGE, Budget, Page, read_page, spend, unspent
from engine.errors import InvalidPage, TooManyPoints
from engine.limits import Limits
from engine.window import Window
from tests.property.profile import PURE

LIMITS = Limits()
TOO_LARGE = "Invalid per_page value. Cannot exceed 5000."
SIZES: dict[str, tuple[str | None, int | str | None]] = {
    "absent": (None, None),
    "one": ("1", 1),
    "largest": ("5000", 5000),
    "plus": ("+7", 7),
    "leading-zeros": ("0" * 5000 + "12", 12),
    "too-large": ("5001", TOO_LARGE),
    "huge": ("9" * 100_000, TOO_LARGE),
    "zero": ("0", INVALID_PER_PAGE),
    "plus-zero": ("+000", INVALID_PER_PAGE),
    "negative": ("-1", INVALID_PER_PAGE),
    "negative-huge": ("-" + "9" * 5000, INVALID_PER_PAGE),
    "empty": ("", INVALID_PER_PAGE),
    "word": ("ten", INVALID_PER_PAGE),
    "fraction": ("1.5", INVALID_PER_PAGE),
    "grouped": ("1_000", INVALID_PER_PAGE),
    "other-digits": ("\u0661", INVALID_PER_PAGE),
    "blank": (" 1", INVALID_PER_PAGE),
    "line-end": ("1\n", INVALID_PER_PAGE),
}


@pytest.mark.parametrize(("text", "outcome"), SIZES.values(), ids=SIZES.keys())
def test_per_page(text: str | None, outcome: int | str | None) -> None:
    """A page has 1 to 5000 groups; anything else is told in the reference's words."""
    if not isinstance(outcome, str):
        assert read_page(text, None, LIMITS) == Page(size=outcome, offset=0)
        return
    with pytest.raises(InvalidPage) as caught:
        read_page(text, None, LIMITS)

    assert caught.value.message == outcome


CURSORS: dict[str, tuple[str | None, int | None]] = {
    "absent": (None, 0),
    "empty": ("", 0),
    "start": ("0:0:0", 0),
    "further": ("0:120:0", 120),
    "previous": ("0:20:1", 20),
    "other-value": ("1772323200000:5:0", 5),
    "fractional-value": ("-1.5:5:0", 5),
    "largest": ("0:" + "9" * 18 + ":0", 10**18 - 1),
    "larger": ("0:" + "9" * 19 + ":0", None),
    "negative-offset": ("0:-1:0", None),
    "two-parts": ("0:1", None),
    "four-parts": ("0:1:0:0", None),
    "words": ("a:b:c", None),
    "fraction": ("0:1.5:0", None),
    "blanks": ("0: 1:0", None),
    "line-end": ("0:1:0\n", None),
    "other-digits": ("0:\u0661:0", None),
    "from-elsewhere": ("eyJwYWdlIjoyfQ==", None),
}


@pytest.mark.parametrize(("text", "offset"), CURSORS.values(), ids=CURSORS.keys())
def test_cursor(text: str | None, offset: int | None) -> None:
    """Only the offset of a cursor counts, and a cursor from elsewhere is told."""
    if offset is not None:
        assert read_page("10", text, LIMITS) == Page(size=10, offset=offset)
        return
    with pytest.raises(InvalidPage) as caught:
        read_page("10", text, LIMITS)

    assert caught.value.message == INVALID_CURSOR


def test_per_page_is_judged_before_the_cursor() -> None:
    """Of two faults the size of the page is told."""
    with pytest.raises(InvalidPage) as caught:
        read_page("x", "x", LIMITS)

    assert caught.value.message == INVALID_PER_PAGE


def window(count: int, step: int = 86_400) -> Window:
    """Make a window of so many buckets."""
    return Window(start=0, step=step, count=count)


FITTING = {
    "91-days": (91, True, 109),
    "90-days-at-midnight": (90, True, 111),
    "one-bucket": (1, True, 10_000),
    "1000-buckets": (1000, True, 10),
    "without-series": (1000, False, 10_000),
}


@pytest.mark.parametrize(("count", "series", "groups"), FITTING.values(), ids=FITTING.keys())
def test_groups_that_fit_without_per_page(count: int, *, series: bool, groups: int) -> None:
    """10,000 points are shared out among groups; each has a point a bucket, or one."""
    budget = spend(Page(size=None, offset=3), window(count), series=series, limits=LIMITS)

    assert budget == Budget(groups=groups, offset=3, stride=5000)


def test_one_group_always_fits() -> None:
    """However few points are allowed, an answer may have one group."""
    few = Limits(points=8)

    budget = spend(Page(size=None, offset=0), window(25), series=True, limits=few)

    assert budget.groups == 1


PAGED = {
    "91-days": (91, True, 108),
    "one-bucket": (1, True, 5000),
    "1000-buckets": (1000, True, 9),
    "without-series": (1000, False, 5000),
}


@pytest.mark.parametrize(("count", "series", "largest"), PAGED.values(), ids=PAGED.keys())
def test_largest_page(count: int, *, series: bool, largest: int) -> None:
    """An explicit page needs room for one group more than it shows."""
    budget = spend(Page(size=largest, offset=0), window(count), series=series, limits=LIMITS)

    assert budget == Budget(groups=largest, offset=0, stride=largest)
    if largest < LIMITS.page:
        with pytest.raises(TooManyPoints):
            spend(Page(size=largest + 1, offset=0), window(count), series=series, limits=LIMITS)


TEXTS = {
    "91-days": (
        window(91),
        109,
        "Requested intervals (91) of timedelta of 1 day, 0:00:00 with statsPeriod timedelta of"
        " 91 days, 0:00:00 is too granular for a per_page of 110 elements. Increase your"
        " interval, decrease your statsPeriod, or decrease your per_page parameter.",
    ),
    "minutes": (
        window(1000, 60),
        10,
        "Requested intervals (1000) of timedelta of 0:01:00 with statsPeriod timedelta of"
        " 16:40:00 is too granular for a per_page of 11 elements. Increase your interval,"
        " decrease your statsPeriod, or decrease your per_page parameter.",
    ),
}


@pytest.mark.parametrize(("range_", "size", "text"), TEXTS.values(), ids=TEXTS.keys())
def test_page_that_does_not_fit_is_explained(range_: Window, size: int, text: str) -> None:
    """The sentence is the reference's, with its count of one group more than was asked for."""
    with pytest.raises(TooManyPoints) as caught:
        spend(Page(size=size, offset=0), range_, series=True, limits=LIMITS)

    assert caught.value.message == text


def test_answer_without_groups_is_never_refused() -> None:
    """Where nothing can be answered, a page of any size is that page."""
    assert unspent(Page(size=5000, offset=2), LIMITS) == Budget(groups=5000, offset=2, stride=5000)
    assert unspent(Page(size=None, offset=2), LIMITS) == Budget(groups=5000, offset=2, stride=5000)


@PURE
@given(count=st.integers(1, 1000), size=st.none() | st.integers(1, 5000), series=st.booleans())
def test_points_never_exceed_the_limit(*, count: int, size: int | None, series: bool) -> None:
    """Buckets times groups are at most 10,000, or the page is refused."""
    try:
        budget = spend(Page(size=size, offset=0), window(count), series=series, limits=LIMITS)
    except TooManyPoints:
        assert size is not None
        return

    assert budget.groups * (count if series else 1) <= 10_000
