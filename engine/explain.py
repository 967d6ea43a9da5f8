"""How an answer is found, as text for people.

Owns the wording. Does not decide anything: it takes the same walk as a plain answer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from engine.condition import Condition, Either, Membership, simplify
from engine.pipeline import Resources, walk
from engine.plan import Plan
from engine.query import Query
from engine.request import Request
from engine.result import Answer
from engine.scope import Scope
from engine.sql.lower import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a question means, what is computed for it, in which statements, and the answer."""

    query: tuple[str, ...]
    plan: tuple[str, ...]
    statements: tuple[Statement, ...]
    answer: Answer


def explain(request: Request, scope: Scope, now: datetime, *, resources: Resources) -> Explanation:
    """Explain and answer one question; raises what a plain answer raises."""
    found = walk(request, scope, now, resources=resources)
    return Explanation(
        query=tuple(_describe(found.query)),
        plan=() if found.plan is None else tuple(_steps(found.plan, found.answer.trace.source)),
        statements=found.statements,
        answer=found.answer,
    )


def _describe(query: Query) -> list[str]:
    window = query.window
    start, end = _moment(window.start), _moment(window.end)
    lines = [
        f"fields      {', '.join(query.fields)}",
        f"range       {start} to {end}, {window.count} buckets of {window.step} s",
        f"projects    {', '.join(map(str, query.project_ids))}",
        f"rows where  {describe_condition(simplify(query.condition))}",
        f"grouped by  {', '.join(key.value for key in query.keys) or 'nothing'}"
        + (", each split by session.status" if query.by_status else ""),
        f"groups      at most {query.budget.groups} from {query.budget.offset}",
    ]
    if query.outcomes is not None:
        lines.append(f"statuses    {', '.join(one.word for one in query.outcomes) or 'none'}")
    if query.valueless:
        lines.append(f"always null {', '.join(sorted(query.valueless))}")
    return lines


def _steps(planned: Plan, source: str) -> list[str]:
    totals = planned.totals
    direction = "descending" if totals.descending else "ascending"
    ordered = "the group key"
    if totals.ratio is not None:
        ratio = totals.ratio
        below = "" if ratio.below is None else f" / {ratio.below.value}"
        free = "1 - " if ratio.free else ""
        ordered = f"{free}{ratio.above.value}{below} {direction}, nulls last, then the group key"
    lines = [
        f"source      {source}",
        f"totals      {', '.join(totals.measures) or 'nothing'}",
        f"ordered by  {ordered}",
    ]
    if totals.present:
        lines.append(f"listed if   it has rows of {' or '.join(totals.present)}")
    if planned.series is not None:
        lines.append(f"series      {', '.join(planned.series.measures)}")
    return lines


def describe_condition(condition: Condition) -> str:
    """Spell a condition for people."""
    if isinstance(condition, Membership):
        word = "not in" if condition.negated else "in"
        values = ", ".join(repr(value) for value in condition.values)
        return f"{condition.key.value} {word} [{values}]"
    either = isinstance(condition, Either)
    if not condition.conditions:
        return "nothing" if either else "everything"
    joined = (" or " if either else " and ").join(map(describe_condition, condition.conditions))
    return f"({joined})" if len(condition.conditions) > 1 else joined


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
