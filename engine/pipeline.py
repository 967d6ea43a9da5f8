"""The walk of one question, from request to answer.

Owns the order of the stages and their timing. The only room that knows them all; it knows no
details of any.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.errors import EngineError
from engine.execute import Rows, run
from engine.groups import Measured
from engine.limits import Limits
from engine.plan import Plan, Source, plan
from engine.query import Query
from engine.request import Request
from engine.resolve import resolve
from engine.result import Answer, Page, Result, Trace
from engine.rollup.read import Found, Reader, read
from engine.scope import Registry, Scope
from engine.shape import measured, shape
from engine.sql.lower import Statement, lower, lower_page
from engine.storage import Storage

ROWS_A_POINT: Final = 2
"""An answer whose every point is there has a row for each, and its totals besides."""


@dataclass(slots=True)
class Stopwatch:
    """Seconds spent in each stage, in order."""

    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to the stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + time.perf_counter() - began


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a walk needs beside the question: the store, the registry and the limits.

    `sources` are the tables that may answer; `reader` reads what was built from sessions.
    """

    storage: Storage
    registry: Registry
    limits: Limits
    reader: Reader
    sources: frozenset[Source] = frozenset(Source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One whole walk: what was meant, planned (None: nothing can match), stated and answered."""

    query: Query
    plan: Plan | None
    statements: tuple[Statement, ...]
    answer: Answer


def walk(request: Request, scope: Scope, now: datetime, *, resources: Resources) -> Walk:
    """Answer one question; RequestError, ScopeError or StorageError say why not."""
    watch = Stopwatch()
    try:
        return _walk(request, scope, now, resources=resources, watch=watch)
    except EngineError as error:
        error.stages = watch.stages
        raise


def _walk(
    request: Request, scope: Scope, now: datetime, *, resources: Resources, watch: Stopwatch
) -> Walk:
    with watch.stage("resolve"):
        query = resolve(request, scope, now, registry=resources.registry, limits=resources.limits)
    if query.empty:
        nothing = _answer(query, (), more=False, rows=0, source="none", watch=watch)
        return Walk(query=query, plan=None, statements=(), answer=nothing)
    with watch.stage("plan"):
        planned = plan(query, resources.sources)
    found = _find(planned, resources, watch)
    groups = found.groups
    more = bool(query.keys) and len(groups) > query.budget.groups
    page = groups[: query.budget.groups]
    source = ", ".join(found.sources)
    answer = _answer(query, page, more=more, rows=found.rows, source=source, watch=watch)
    return Walk(query=query, plan=planned, statements=found.statements, answer=answer)


def _find(planned: Plan, resources: Resources, watch: Stopwatch) -> Found:
    """Measure the groups of the page and one more."""
    if planned.rows.source is not Source.SESSIONS:
        with watch.stage("run"):
            found = read(
                planned,
                resources.reader,
                timeout_seconds=resources.limits.timeout_seconds,
                anyway=Source.SESSIONS not in resources.sources,
            )
        if found is not None:
            return found
    statements, rows = _rows(planned, resources, watch)
    with watch.stage("shape"):
        groups = measured(rows, planned)
    sources = (Source.SESSIONS.value,)
    return Found(groups=groups, statements=statements, rows=rows.count, sources=sources)


def _rows(
    planned: Plan, resources: Resources, watch: Stopwatch
) -> tuple[tuple[Statement, ...], Rows]:
    """Read all groups if they are few enough to be ordered here, else the ones of the page.

    Both statements together have the time of one question.
    """
    most_rows = ROWS_A_POINT * resources.limits.points
    with watch.stage("lower"):
        whole = lower(planned, most_rows=most_rows)
    seconds = resources.limits.timeout_seconds
    with watch.stage("run"):
        rows = run(whole, resources.storage, timeout_seconds=seconds)
    if not planned.keys or rows.count < most_rows:
        return (whole,), rows
    with watch.stage("lower"):
        page = lower_page(planned)
    left = max(0.0, seconds - watch.stages["run"])
    with watch.stage("run"):
        return (whole, page), run(page, resources.storage, timeout_seconds=left)


def _answer(  # noqa: PLR0913  (what an answer tells, each by name)
    query: Query,
    groups: tuple[Measured, ...],
    *,
    more: bool,
    rows: int,
    source: str,
    watch: Stopwatch,
) -> Answer:
    budget, window = query.budget, query.window
    with watch.stage("shape"):
        shaped = () if query.empty else shape(groups, query)
    result = Result(
        start=window.start,
        end=window.end,
        step=window.step,
        groups=shaped,
        query=query.text,
        page=Page(
            offset=budget.offset,
            previous_offset=max(0, budget.offset - budget.groups),
            next_offset=budget.offset + (budget.groups if more else budget.stride),
            more=more,
        ),
    )
    trace = Trace(
        stages=watch.stages,
        source=source,
        rows=rows,
        groups=len(groups),
        points=len(groups) * (window.count if query.series else 1),
    )
    return Answer(result=result, trace=trace)
