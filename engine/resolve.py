"""From what was asked to what is meant: every check of a request, in the reference's order.

Owns the order of checks; the first failure wins. Each rule lives in the room of its noun. Does not
know storage or SQL; asks the registry only for what the request needs.

The order: page, dates, projects, environments, fields, groups, interval, inclusion, search text,
status conflicts, order, points, and last the names that need the registry.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.budget import Budget, Page, read_page, spend, unspent
from engine.condition import Condition, Every, Membership
from engine.dates import microseconds, read_range
from engine.errors import (
    Forbidden,
    InvalidField,
    InvalidGroupBy,
    InvalidInclusion,
    InvalidProject,
    NoProjects,
    NotFound,
    StatusConflict,
)
from engine.limits import Limits
from engine.order import check_stores, choose_order
from engine.query import Order, Query, Split
from engine.request import Request
from engine.scope import Registry, Scope
from engine.search.bind import SearchContext, bind, resolve_conditions
from engine.search.parse import parse
from engine.window import Window, align, read_interval
from schema.catalog import FIELD_BY_NAME, GROUP_KEYS, STATUS_KEY, Key, Kind
from schema.session import Outcome

ALL_PROJECTS: Final = "-1"
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The part of a request that has been understood so far."""

    fields: tuple[str, ...]
    keys: tuple[Key, ...]
    orders: tuple[str, ...]
    window: Window
    totals: bool
    series: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What follows once the statuses are known; not `answerable` means no groups whatever."""

    valueless: frozenset[str]
    order: Order
    budget: Budget
    answerable: bool


def resolve(
    request: Request, scope: Scope, now: datetime, *, registry: Registry, limits: Limits
) -> Query:
    """Judge a request; RequestError or ScopeError is the first thing wrong with it."""
    page = read_page(request.per_page, request.cursor, limits)
    start, end = read_range(request, now)
    project_ids = _projects(request.projects, scope)
    _check_environments(request.environments, scope, registry)
    fields, groups = _fields(request.fields), _groups(request.groups)
    step = read_interval(request.interval, limits)
    window = align(start, end, microseconds(now), step=step, limits=limits)
    totals, series = _inclusions(request)
    tree = parse(
        request.query,
        now=now,
        characters=limits.query_characters,
        nesting=limits.query_nesting,
    )
    bound = bind(tree, environments=request.environments)
    asked = Asked(
        fields=fields,
        keys=tuple(key for key in Key if key.value in groups),
        orders=request.orders,
        window=window,
        totals=totals,
        series=series,
        text=request.query,
    )
    split = Split(by_status=STATUS_KEY in groups, chosen=bound.outcomes)
    judged = _judge(asked, split, page, limits=limits)
    context = SearchContext(
        scope=scope,
        project_ids=project_ids,
        environments=request.environments,
        registry=registry,
    )
    found = resolve_conditions(bound, context) if judged.answerable else Every()
    return _query(asked, split, judged, condition=_condition(request, found), reads=project_ids)


def _query(
    asked: Asked, split: Split, judged: Judged, *, condition: Condition, reads: tuple[int, ...]
) -> Query:
    return Query(
        fields=asked.fields,
        valueless=judged.valueless,
        keys=asked.keys,
        by_status=split.by_status,
        outcomes=split.outcomes,
        window=asked.window,
        project_ids=reads,
        condition=condition,
        order=judged.order,
        budget=judged.budget,
        totals=asked.totals,
        series=asked.series,
        text=asked.text,
    )


def _condition(request: Request, found: Condition) -> Condition:
    if not request.environments:
        return found
    named = Membership(key=Key.ENVIRONMENT, values=tuple(dict.fromkeys(request.environments)))
    return Every(conditions=(named, found))


def _projects(wanted: tuple[str, ...], scope: Scope) -> tuple[int, ...]:
    """Give the ids to read, sorted: those named by id or slug, or all the caller may read."""
    if not wanted or ALL_PROJECTS in map(_plain_number, wanted):
        if not scope.readable:
            raise NoProjects
        return tuple(sorted(scope.readable))
    ids = {str(project.id): project.id for project in scope.projects}
    slugs = {project.slug: project.id for project in scope.projects}
    for text in wanted:
        if not text or not text.isascii() or not text.isprintable():
            message = "Invalid project parameter. Values must be numbers."
            raise InvalidProject(message)
    named = ids | slugs
    found = [named.get(text, named.get(_plain_number(text))) for text in wanted]
    if not all(one in scope.readable for one in found):
        raise Forbidden
    return tuple(sorted({one for one in found if one is not None}))


def _plain_number(text: str) -> str:
    """Spell a number without sign and leading zeros, so that it is found as an id."""
    return str(int(text)) if _NUMBER.fullmatch(text) else text


def _check_environments(wanted: tuple[str, ...], scope: Scope, registry: Registry) -> None:
    """Refuse an environment nobody knows; the empty one is always known."""
    named = {name for name in wanted if name}
    if named and not named <= registry.environments(scope.organization_id):
        raise NotFound


def _fields(wanted: tuple[str, ...]) -> tuple[str, ...]:
    if not wanted:
        message = 'Request is missing a "field"'
        raise InvalidField(message)
    for name in wanted:
        if name not in FIELD_BY_NAME:
            message = f'Invalid field: "{name}"'
            raise InvalidField(message)
    return tuple(dict.fromkeys(wanted))


def _groups(wanted: tuple[str, ...]) -> frozenset[str]:
    for name in wanted:
        if name not in GROUP_KEYS:
            message = f'Invalid groupBy: "{name}"'
            raise InvalidGroupBy(message)
    return frozenset(wanted)


def _inclusions(request: Request) -> tuple[bool, bool]:
    totals, series = request.totals != "0", request.series != "0"
    if not totals and not series:
        message = "Cannot omit both series and totals"
        raise InvalidInclusion(message)
    return totals, series


def _judge(asked: Asked, split: Split, page: Page, *, limits: Limits) -> Judged:
    """Check what depends on the statuses; nothing is judged where nothing can be answered."""
    valueless = _valueless(asked.fields, split)
    nothing = Judged(
        valueless=valueless, order=Order(), budget=unspent(page, limits), answerable=False
    )
    if split.outcomes == ():
        return nothing
    for name in asked.fields:
        _check_conflict(name, split)
    if valueless.issuperset(asked.fields):
        return nothing
    order = choose_order(
        asked.orders, asked.fields, split, valueless=valueless, grouped=bool(asked.keys)
    )
    budget = spend(page, asked.window, series=asked.series, limits=limits)
    check_stores(asked.orders)
    return Judged(valueless=valueless, order=order, budget=budget, answerable=True)


def _valueless(fields: tuple[str, ...], split: Split) -> frozenset[str]:
    """List the duration fields if the filter leaves out healthy sessions, whose they are."""
    if split.chosen is None or Outcome.HEALTHY in split.chosen:
        return frozenset()
    return frozenset(name for name in fields if FIELD_BY_NAME[name].kind is Kind.DURATION)


def _check_conflict(name: str, split: Split) -> None:
    field = FIELD_BY_NAME[name]
    if field.kind is Kind.RATE and split.by_status:
        message = f"Cannot group field {name} by {STATUS_KEY}"
        raise StatusConflict(message)
    if field.kind is Kind.RATE and split.chosen is not None:
        message = f"Cannot filter field {name} by {STATUS_KEY}"
        raise StatusConflict(message)
    several = split.chosen is not None and len(split.chosen) > 1
    if name == "count_unique(user)" and several and not split.by_status:
        message = f"Cannot filter count_unique by multiple {STATUS_KEY} unless it is in groupBy"
        raise StatusConflict(message)
