"""What the groups are ordered by, and which orders cannot be had.

Owns `orderBy` and the default order. Does not know SQL.
"""

from typing import Final

from engine.aggregates import FAILURES, RATIOS, Ratio
from engine.errors import InvalidOrder
from engine.query import Order, Split
from schema.catalog import FIELD_BY_NAME, Kind
from schema.session import Outcome

DERIVED: Final = frozenset({Outcome.HEALTHY, Outcome.ERRORED})
"""Statuses that are a difference of counters, which a store cannot order by."""

TWO_STORE_FIELDS: Final = frozenset({"errored_rate(session)", "unhealthy_rate(session)"})
"""Rates whose numerator and denominator the reference keeps in two stores."""

SEVERAL: Final = "Cannot order by multiple fields"
BY_STATUS: Final = "Cannot use 'orderBy' when grouping by sessions.status"
NOT_A_FIELD: Final = "'orderBy' must be one of the provided 'fields'"
TWO_STORES: Final = "Selected 'orderBy' columns must belongs to the same entity"


def choose_order(
    orders: tuple[str, ...],
    fields: tuple[str, ...],
    split: Split,
    *,
    valueless: frozenset[str],
    grouped: bool,
) -> Order:
    """Give the order of the base groups; InvalidOrder, with the reference's texts, if impossible.

    `orders` are as given, an empty one counts as absent. `grouped` tells whether there are base
    groups to order at all.
    """
    if len(orders) > 1:
        raise InvalidOrder(SEVERAL)
    if not orders or not orders[0]:
        return _default(fields, valueless)
    if split.by_status:
        raise InvalidOrder(BY_STATUS)
    raw = orders[0]
    name = raw.removeprefix("-")
    if name not in fields:
        raise InvalidOrder(NOT_A_FIELD)
    ratio = _explicit(name, raw, split, dropped=name in valueless, grouped=grouped)
    return Order(ratio=ratio, descending=raw.startswith("-"), present=FIELD_BY_NAME[name].subject)


def check_stores(orders: tuple[str, ...]) -> None:
    """Refuse an order by a rate that is made from two stores; asked after all else is in order."""
    if orders and orders[0].removeprefix("-") in TWO_STORE_FIELDS:
        raise InvalidOrder(TWO_STORES)


def _default(fields: tuple[str, ...], valueless: frozenset[str]) -> Order:
    """Order by the first field, descending, but by `sum(session)` wherever it stands.

    With statuses the unfiltered total is meant. Fields that no store can order by leave the group
    key to decide.
    """
    primary = "sum(session)" if "sum(session)" in fields else fields[0]
    return Order() if primary in valueless else Order(ratio=RATIOS.get(primary))


def _explicit(name: str, raw: str, split: Split, *, dropped: bool, grouped: bool) -> Ratio | None:
    field = FIELD_BY_NAME[name]
    if field.kind is Kind.COUNT and split.chosen is not None:
        if len(split.chosen) != 1 or split.chosen & DERIVED:
            raise _impossible(name)
        (outcome,) = split.chosen
        return Ratio(above=FAILURES[field.subject][outcome])
    if dropped:
        raise _impossible(name)
    if name == "errored_rate(user)" and grouped:
        raise _impossible(raw)
    return RATIOS.get(name)


def _impossible(name: str) -> InvalidOrder:
    return InvalidOrder(f"Cannot order by {name} with the current filters")
