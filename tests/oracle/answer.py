"""The answer to a request over loose rows, naively.

Owns groups, their order, their page and the shape of the body. Does not know SQL, and shares with
the engine only its nouns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from engine.limits import Limits
from engine.request import Request
from engine.scope import Registry, Scope
from schema.catalog import FIELD_BY_NAME, STATUS_KEY, Subject
from schema.session import Outcome
from tests.oracle.fold import Row, Session, fold
from tests.oracle.measure import Number, measure
from tests.oracle.question import Question, primary_field, read_question

KeyValues: TypeAlias = tuple[str | int, ...]
BaseGroups: TypeAlias = dict[KeyValues, list[Session]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OraclePage:
    """Where this page of base groups begins, where its neighbours do, and whether more follow."""

    offset: int
    previous_offset: int
    next_offset: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleAnswer:
    """The body as JSON values, and the page."""

    body: Mapping[str, object]
    page: OraclePage


def answer(  # noqa: PLR0913  (whose, what is known, when and how much belong to every question)
    rows: Iterable[Row],
    request: Request,
    *,
    scope: Scope,
    registry: Registry,
    now: datetime,
    limits: Limits,
) -> OracleAnswer:
    """Answer a request over rows; raises `Refused` where the service would say no."""
    question = read_question(request, scope, registry=registry, now=now, limits=limits)
    groups = {} if question.hopeless else _base_groups(question, fold(rows))
    ordered = _ordered(question, groups)
    page, shown = _cut(question, ordered, limits)
    window = question.window
    body = {
        "groups": [group for key in shown for group in _answer_groups(question, key, groups[key])],
        "start": _stamp(window.start),
        "end": _stamp(window.end),
        "intervals": [_stamp(second) for second in range(window.start, window.end, window.step)],
        "query": question.text,
    }
    return OracleAnswer(body=body, page=page)


def _base_groups(question: Question, sessions: Sequence[Session]) -> BaseGroups:
    groups: BaseGroups = {} if question.keys else {(): []}
    for session in sessions:
        if _counts(question, session):
            groups.setdefault(_key_of(question, session), []).append(session)
    subjects = _subjects(question)
    return {
        key: rows
        for key, rows in groups.items()
        if not question.keys or any(_present(subject, rows) for subject in subjects)
    }


def _counts(question: Question, session: Session) -> bool:
    window = question.window
    return (
        session.project_id in question.projects
        and window.start <= session.started < window.end
        and (not question.environments or session.environment in question.environments)
        and question.holds(session)
    )


def _key_of(question: Question, session: Session) -> KeyValues:
    values: dict[str, str | int] = {
        "project": session.project_id,
        "release": session.release,
        "environment": session.environment,
    }
    return tuple(values[key] for key in question.keys)


def _subjects(question: Question) -> set[Subject]:
    """List the stores that are read; ordering by a field reads that field's store alone."""
    read = [question.order[0]] if question.order else question.fields
    return {FIELD_BY_NAME[name].subject for name in read if name not in question.dropped}


def _present(subject: Subject, sessions: Sequence[Session]) -> bool:
    if subject is Subject.USER:
        return any(session.user is not None for session in sessions)
    if subject is Subject.DURATION:
        return any(session.duration is not None for session in sessions)
    return bool(sessions)


def _ordered(question: Question, groups: BaseGroups) -> list[KeyValues]:
    by_key = sorted(groups)
    if question.order:
        field, descending = question.order
        values = {key: measure(field, groups[key], question.outcomes) for key in by_key}
    else:
        primary, descending = primary_field(question), True
        if primary is None:
            return by_key
        values = {key: measure(primary, groups[key]) for key in by_key}
    return sorted(by_key, key=lambda key: _rank(values[key], descending=descending))


def _rank(value: Number, *, descending: bool) -> tuple[bool, float]:
    if value is None:
        return True, 0.0
    return False, -value if descending else value


def _cut(
    question: Question, ordered: Sequence[KeyValues], limits: Limits
) -> tuple[OraclePage, Sequence[KeyValues]]:
    size = question.page_size or max(limits.points // question.points_a_group, 1)
    stride = question.page_size or limits.page
    offset = question.offset
    more = len(ordered) > offset + size
    if question.page_size is None and more:
        stride = size
    page = OraclePage(
        offset=offset,
        previous_offset=max(0, offset - (question.page_size or size)),
        next_offset=offset + stride,
        more=more,
    )
    return page, ordered[offset : offset + size] if question.keys else ordered


def _answer_groups(
    question: Question, key: KeyValues, sessions: Sequence[Session]
) -> Iterable[dict[str, object]]:
    by: dict[str, object] = dict(zip(question.keys, key, strict=True))
    if not question.by_status:
        yield _answer_group(question, by, sessions, question.outcomes)
        return
    for outcome in question.outcomes or ():
        yield _answer_group(question, {**by, STATUS_KEY: outcome.word}, sessions, (outcome,))


def _answer_group(
    question: Question,
    by: dict[str, object],
    sessions: Sequence[Session],
    outcomes: tuple[Outcome, ...] | None,
) -> dict[str, object]:
    group: dict[str, object] = {"by": by}
    if question.totals:
        group["totals"] = {f: measure(f, sessions, outcomes) for f in question.fields}
    if question.series:
        buckets: list[list[Session]] = [[] for _ in range(question.window.count)]
        for session in sessions:
            index = (session.started - question.window.start) // question.window.step
            buckets[index].append(session)
        group["series"] = {
            f: [measure(f, bucket, outcomes) for bucket in buckets] for f in question.fields
        }
    return group


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
