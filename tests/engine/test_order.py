"""What the groups are ordered by, and which orders cannot be had."""

import pytest

from engine.aggregates import RATIOS, Ratio
from engine.errors import InvalidOrder
from engine.order import (
    BY_STATUS,
    NOT_A_FIELD,
    SEVERAL,
    TWO_STORES,
    check_stores,
    choose_order,
)
from engine.query import Order, Split
from schema.catalog import FIELD_BY_NAME, Measure, Subject
from schema.session import Outcome

PLAIN = Split(by_status=False, chosen=None)
BY_STATUSES = Split(by_status=True, chosen=None)
NOTHING_DROPPED = frozenset[str]()


def chosen(*outcomes: Outcome, by_status: bool = False) -> Split:
    """Filter by statuses."""
    return Split(by_status=by_status, chosen=frozenset(outcomes))


def order(
    raw: str | tuple[str, ...],
    fields: tuple[str, ...],
    split: Split = PLAIN,
    *,
    valueless: frozenset[str] = NOTHING_DROPPED,
    grouped: bool = True,
) -> Order:
    """Choose an order for groups by release."""
    orders = (raw,) if isinstance(raw, str) else raw
    return choose_order(orders, fields, split, valueless=valueless, grouped=grouped)


DEFAULTS = {
    "first-field": (("count_unique(user)", "max(session.duration)"), Ratio(above=Measure.USERS)),
    "duration": (("p50(session.duration)",), Ratio(above=Measure.DURATION_P50)),
    "sessions-wherever": (("count_unique(user)", "sum(session)"), Ratio(above=Measure.SESSIONS)),
    "rate": (
        ("crash_free_rate(user)",),
        Ratio(above=Measure.USERS_CRASHED, below=Measure.USERS, free=True),
    ),
    "composed-has-none": (("errored_rate(session)", "count_unique(user)"), None),
    "unhealthy-has-none": (("unhealthy_rate(session)",), None),
}


@pytest.mark.parametrize("absent", [(), ("",)], ids=["absent", "empty"])
@pytest.mark.parametrize(("fields", "ratio"), DEFAULTS.values(), ids=DEFAULTS.keys())
def test_default_order(
    fields: tuple[str, ...], ratio: Ratio | None, absent: tuple[str, ...]
) -> None:
    """Groups come by the first field, most first, but by sessions wherever those are asked for."""
    assert order(absent, fields) == Order(ratio=ratio, descending=True, present=None)


def test_default_order_ignores_statuses() -> None:
    """A status filter does not change what groups are ordered by: the unfiltered total."""
    fields = ("count_unique(user)",)

    assert order((), fields, chosen(Outcome.CRASHED)) == Order(ratio=Ratio(above=Measure.USERS))
    assert order((), fields, BY_STATUSES) == Order(ratio=Ratio(above=Measure.USERS))


def test_default_order_by_a_dropped_field_is_the_group_key() -> None:
    """A field without a value orders nothing."""
    name = "p50(session.duration)"
    fields = (name, "count_unique(user)")

    assert order((), fields, chosen(Outcome.CRASHED), valueless=frozenset({name})) == Order()


ORDERABLE = sorted(RATIOS)


@pytest.mark.parametrize("name", ORDERABLE)
def test_every_field_with_one_number_can_order(name: str) -> None:
    """Plain is ascending, a minus is descending, and the groups need rows of the field's kind."""
    subject = FIELD_BY_NAME[name].subject

    up, down = order(name, (name,)), order(f"-{name}", (name,))

    assert up == Order(ratio=RATIOS[name], descending=False, present=subject)
    assert down == Order(ratio=RATIOS[name], descending=True, present=subject)


ONE_STATUS = {
    "crashed": (Outcome.CRASHED, Measure.SESSIONS_CRASHED, Measure.USERS_CRASHED),
    "abnormal": (Outcome.ABNORMAL, Measure.SESSIONS_ABNORMAL, Measure.USERS_ABNORMAL),
    "unhandled": (Outcome.UNHANDLED, Measure.SESSIONS_UNHANDLED, Measure.USERS_UNHANDLED),
}


@pytest.mark.parametrize(
    ("outcome", "sessions", "users"), ONE_STATUS.values(), ids=ONE_STATUS.keys()
)
def test_counts_of_one_counted_status_can_order(
    outcome: Outcome, sessions: Measure, users: Measure
) -> None:
    """With one status that is counted by itself, that count decides."""
    split = chosen(outcome)

    by_sessions = order("sum(session)", ("sum(session)",), split)
    by_users = order("-count_unique(user)", ("count_unique(user)",), split)

    assert by_sessions == Order(
        ratio=Ratio(above=sessions), descending=False, present=Subject.SESSION
    )
    assert by_users == Order(ratio=Ratio(above=users), descending=True, present=Subject.USER)


TEXT = "Cannot order by {} with the current filters"
REFUSED = {
    "two": (("sum(session)", "sum(session)"), ("sum(session)",), PLAIN, SEVERAL),
    "two-before-status": (("x", "y"), ("sum(session)",), BY_STATUSES, SEVERAL),
    "two-empty": (("", ""), ("sum(session)",), PLAIN, SEVERAL),
    "by-status": ("sum(session)", ("sum(session)",), BY_STATUSES, BY_STATUS),
    "by-status-before-unknown": ("bogus", ("sum(session)",), BY_STATUSES, BY_STATUS),
    "unknown": ("bogus", ("sum(session)",), PLAIN, NOT_A_FIELD),
    "not-asked-for": ("count_unique(user)", ("sum(session)",), PLAIN, NOT_A_FIELD),
    "key": ("-release", ("sum(session)",), PLAIN, NOT_A_FIELD),
    "two-minuses": ("--sum(session)", ("sum(session)",), PLAIN, NOT_A_FIELD),
    "minus-alone": ("-", ("sum(session)",), PLAIN, NOT_A_FIELD),
    "healthy": (
        "-sum(session)",
        ("sum(session)",),
        chosen(Outcome.HEALTHY),
        TEXT.format("sum(session)"),
    ),
    "errored": (
        "count_unique(user)",
        ("count_unique(user)",),
        chosen(Outcome.ERRORED),
        TEXT.format("count_unique(user)"),
    ),
    "several-statuses": (
        "sum(session)",
        ("sum(session)",),
        chosen(Outcome.CRASHED, Outcome.ABNORMAL),
        TEXT.format("sum(session)"),
    ),
    "errored-users-of-groups": (
        "-errored_rate(user)",
        ("errored_rate(user)",),
        PLAIN,
        TEXT.format("-errored_rate(user)"),
    ),
}


@pytest.mark.parametrize(("raw", "fields", "split", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_order_that_cannot_be_had(
    raw: str | tuple[str, ...], fields: tuple[str, ...], split: Split, text: str
) -> None:
    """Each impossible order is told in the reference's words, slips of spelling included."""
    with pytest.raises(InvalidOrder) as caught:
        order(raw, fields, split)

    assert caught.value.message == text


def test_order_by_a_dropped_duration_is_refused() -> None:
    """A duration that the status filter removed cannot order."""
    name = "p50(session.duration)"
    with pytest.raises(InvalidOrder) as caught:
        order(name, (name, "sum(session)"), chosen(Outcome.CRASHED), valueless=frozenset({name}))

    assert caught.value.message == TEXT.format(name)


def test_errored_users_can_order_one_group() -> None:
    """Without groups an order is accepted and means nothing."""
    name = "errored_rate(user)"

    assert order(name, (name,), grouped=False).ratio is None


@pytest.mark.parametrize("name", ["errored_rate(session)", "unhealthy_rate(session)"])
def test_rates_of_two_stores_are_refused_last(name: str) -> None:
    """Choosing such an order succeeds; only the last check refuses it."""
    assert order(f"-{name}", (name,)).ratio is None

    for raw in (name, f"-{name}"):
        with pytest.raises(InvalidOrder) as caught:
            check_stores((raw,))
        assert caught.value.message == TWO_STORES


def test_orders_of_one_store_pass() -> None:
    """The last check lets everything else pass."""
    check_stores(())
    check_stores(("sum(session)",))
    check_stores(("-errored_rate(user)",))
