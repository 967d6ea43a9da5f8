"""What a request means, or why it is refused, naively.

Owns the order of the checks and their texts. The search language's syntax comes from the engine's
parser; what its terms mean is said in `tests.oracle.searching`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.limits import Limits
from engine.request import Request
from engine.scope import Registry, Scope
from schema.catalog import FIELD_BY_NAME, GROUP_KEYS, STATUS_KEY
from schema.session import OUTCOMES_IN_ANSWERS, Outcome
from tests.oracle.calendar import Window, aligned, interval_seconds, raw_range
from tests.oracle.fold import Session
from tests.oracle.measure import DURATION, ZERO_WHEN_EMPTY
from tests.oracle.refusal import Refused
from tests.oracle.searching import Context, understand

SUMMED = "sum(session)"
USERS = "count_unique(user)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An answerable question.

    `outcomes` is None when no status plays a part; `dropped` fields have no number under the
    chosen statuses; `order` is a field and whether it descends.
    """

    projects: frozenset[int]
    environments: tuple[str, ...]
    fields: tuple[str, ...]
    dropped: frozenset[str]
    keys: tuple[str, ...]
    by_status: bool
    window: Window
    holds: Callable[[Session], bool]
    outcomes: tuple[Outcome, ...] | None
    order: tuple[str, bool] | None
    page_size: int | None
    offset: int
    totals: bool
    series: bool
    text: str

    @property
    def hopeless(self) -> bool:
        """Tell whether no row can make a group."""
        return self.outcomes == () or self.dropped.issuperset(self.fields)

    @property
    def points_a_group(self) -> int:
        """Say what one base group costs."""
        return self.window.count if self.series else 1


def read_question(
    request: Request, scope: Scope, *, registry: Registry, now: datetime, limits: Limits
) -> Question:
    """Check a request in the documented order and say what it means; Refused if it is wrong."""
    page_size, offset = _page_size(request.per_page, limits), _offset(request.cursor)
    asked = raw_range(request, now)
    projects = _projects(request.projects, scope)
    known = registry.environments(scope.organization_id)
    if not known.issuperset(name for name in request.environments if name):
        raise Refused("The requested resource does not exist", 404)
    fields, groups = _fields(request.fields), _groups(request.groups)
    step = interval_seconds(request.interval, limits)
    window = aligned(asked, now, step, limits)
    totals, series = _inclusions(request)
    search = understand(request.query, request.environments, now=now, limits=limits)
    by_status = STATUS_KEY in groups
    question = Question(
        projects=projects,
        environments=request.environments,
        fields=fields,
        dropped=_dropped(fields, search.statuses),
        keys=tuple(key for key in GROUP_KEYS if key in groups and key != STATUS_KEY),
        by_status=by_status,
        window=window,
        holds=lambda _session: True,
        outcomes=_outcomes(search.statuses, by_status=by_status),
        order=None,
        page_size=page_size,
        offset=offset,
        totals=totals,
        series=series,
        text=request.query,
    )
    judged = _judge(question, request.orders, search.statuses, limits)
    if judged.hopeless:
        return judged
    context = Context(scope, registry, tuple(sorted(projects)), request.environments)
    return replace(judged, holds=search.meaning(context))


def _judge(
    question: Question,
    orders: Sequence[str],
    statuses: frozenset[Outcome] | None,
    limits: Limits,
) -> Question:
    if question.outcomes == ():
        return question
    for field in question.fields:
        _check_statuses(field, statuses, by_status=question.by_status)
    if question.hopeless:
        return question
    order = _order(question, orders, statuses) if orders else None
    _check_points(question, limits)
    if order and order[0] in ("errored_rate(session)", "unhealthy_rate(session)"):
        raise Refused("Selected 'orderBy' columns must belongs to the same entity")
    return replace(question, order=order)


def _page_size(text: str | None, limits: Limits) -> int | None:
    if text is None:
        return None
    if not re.fullmatch("[+-]?[0-9]+", text):
        raise Refused("Invalid per_page parameter.")
    if int(text) > limits.page:
        raise Refused(f"Invalid per_page value. Cannot exceed {limits.page}.")
    if int(text) < 1:
        raise Refused("Invalid per_page parameter.")
    return int(text)


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    match = re.fullmatch(r"[+-]?[0-9]+(?:\.[0-9]*)?:\+?([0-9]+):[+-]?[0-9]+", cursor)
    if not match:
        raise Refused("Invalid cursor parameter.")
    return int(match[1])


def _projects(asked: Sequence[str], scope: Scope) -> frozenset[int]:
    readable = frozenset(project.id for project in scope.projects) & scope.readable
    if not asked or "-1" in asked:
        chosen = readable
    else:
        if not all(name and name.isascii() and name.isprintable() for name in asked):
            raise Refused("Invalid project parameter. Values must be numbers.")
        ids = {str(project.id): project.id for project in scope.projects}
        slugs = {project.slug: project.id for project in scope.projects}
        found = {ids.get(name, slugs.get(name)) for name in asked}
        chosen = frozenset(project for project in found if project is not None)
        if len(chosen) < len(found) or not chosen <= readable:
            raise Refused("You do not have permission to perform this action.", 403)
    if not chosen:
        raise Refused("No projects available")
    return chosen


def _fields(asked: Sequence[str]) -> tuple[str, ...]:
    if not asked:
        raise Refused('Request is missing a "field"')
    for name in asked:
        if name not in FIELD_BY_NAME:
            raise Refused(f'Invalid field: "{name}"')
    return tuple(dict.fromkeys(asked))


def _groups(asked: Sequence[str]) -> frozenset[str]:
    for name in asked:
        if name not in GROUP_KEYS:
            raise Refused(f'Invalid groupBy: "{name}"')
    return frozenset(asked)


def _inclusions(request: Request) -> tuple[bool, bool]:
    totals, series = request.totals != "0", request.series != "0"
    if not totals and not series:
        raise Refused("Cannot omit both series and totals")
    return totals, series


def _dropped(fields: Sequence[str], statuses: frozenset[Outcome] | None) -> frozenset[str]:
    if statuses is None or Outcome.HEALTHY in statuses:
        return frozenset()
    return frozenset(field for field in fields if field.endswith(DURATION))


def _outcomes(
    statuses: frozenset[Outcome] | None, *, by_status: bool
) -> tuple[Outcome, ...] | None:
    if statuses is not None:
        return tuple(outcome for outcome in OUTCOMES_IN_ANSWERS if outcome in statuses)
    return OUTCOMES_IN_ANSWERS if by_status else None


def _check_statuses(field: str, statuses: frozenset[Outcome] | None, *, by_status: bool) -> None:
    if field == USERS and statuses is not None and len(statuses) > 1 and not by_status:
        raise Refused(
            "Cannot filter count_unique by multiple session.status unless it is in groupBy"
        )
    if field in (SUMMED, USERS) or field.endswith(DURATION):
        return
    if by_status:
        raise Refused(f"Cannot group field {field} by session.status")
    if statuses is not None:
        raise Refused(f"Cannot filter field {field} by session.status")


def _order(
    question: Question, orders: Sequence[str], statuses: frozenset[Outcome] | None
) -> tuple[str, bool]:
    if len(orders) > 1:
        raise Refused("Cannot order by multiple fields")
    if question.by_status:
        raise Refused("Cannot use 'orderBy' when grouping by sessions.status")
    field = orders[0].removeprefix("-")
    if field not in question.fields:
        raise Refused("'orderBy' must be one of the provided 'fields'")
    derived = {Outcome.HEALTHY, Outcome.ERRORED}
    mixed = statuses is not None and (len(statuses) > 1 or statuses <= derived)
    if (field in (SUMMED, USERS) and mixed) or field in question.dropped:
        raise Refused(f"Cannot order by {field} with the current filters")
    if field == "errored_rate(user)" and question.keys:
        raise Refused(f"Cannot order by {orders[0]} with the current filters")
    return field, orders[0].startswith("-")


def _check_points(question: Question, limits: Limits) -> None:
    window = question.window
    if question.page_size is None:
        return
    asked = question.page_size + 1
    if asked * question.points_a_group <= limits.points:
        return
    step, span = timedelta(seconds=window.step), timedelta(seconds=window.end - window.start)
    raise Refused(
        f"Requested intervals ({window.count}) of timedelta of {step} with statsPeriod timedelta"
        f" of {span} is too granular for a per_page of {asked} elements. Increase your interval,"
        " decrease your statsPeriod, or decrease your per_page parameter."
    )


def primary_field(question: Question) -> str | None:
    """Name the field of the default order; None if there is none, or it has no number."""
    field = SUMMED if SUMMED in question.fields else question.fields[0]
    return None if field in ZERO_WHEN_EMPTY or field in question.dropped else field
