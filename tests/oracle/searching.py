"""What a search means for one session, naively.

Owns the operators' places, the allowed keys, the status filter, and the truth of each term. The
grammar is the engine's parser's; which versions a release filter selects is its `release_filter`'s.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TypeAlias

from engine.errors import SearchError
from engine.limits import Limits
from engine.release_filter import latest_versions, select_stages, select_versions
from engine.scope import KnownRelease, Registry, Scope, Stage
from engine.search.parse import parse
from engine.search.tree import And, Filter, FreeText, Group, Logic, Operator, Or, Term
from schema.catalog import SEARCH_KEYS
from schema.session import Outcome
from tests.oracle.fold import Session
from tests.oracle.refusal import Refused

Test: TypeAlias = Callable[[Session], bool]

STATUS = "session.status"
RELEASE_KEYS = ("release.version", "release.build", "release.package")
STAGE_KEY = "release.stage"
OWN_MEANING = (*RELEASE_KEYS, STAGE_KEY, "project_id")
ALLOWED_KEYS = frozenset(key.name for key in SEARCH_KEYS)
OUTCOME_BY_WORD = {outcome.word: outcome for outcome in Outcome}
NO_STATUS = Refused("Unable to parse condition with session.status")
NO_WILDCARD = Refused("Invalid condition: wildcard search is not supported")


@dataclass(frozen=True, slots=True)
class Context:
    """Whose projects are asked about, and what is known about them."""

    scope: Scope
    registry: Registry
    projects: tuple[int, ...]
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The chosen statuses (None for no filter) and the terms that rows have to fulfil."""

    statuses: frozenset[Outcome] | None
    terms: tuple[Logic, ...]

    def meaning(self, context: Context) -> Test:
        """Say for each session whether it fulfils all terms; Refused if a name is not allowed."""
        try:
            tests = [_test(term, context) for term in self.terms]
        except SearchError as error:
            raise Refused(error.message) from error
        return lambda session: all(test(session) for test in tests)


def understand(text: str, environments: Sequence[str], *, now: datetime, limits: Limits) -> Search:
    """Read a search; Refused if it is malformed or names what cannot be searched for.

    `environments` are those chosen beside it: stages need exactly one.
    """
    try:
        group = parse(
            text, now=now, characters=limits.query_characters, nesting=limits.query_nesting
        )
        terms = _conjunction(_logic(group.terms, len(set(environments)))) if group else ()
    except SearchError as error:
        raise Refused(error.message) from error
    for part in _filters(terms):
        if part.key not in OWN_MEANING and any(value.is_pattern for value in part.values):
            raise NO_WILDCARD
    return _take_statuses(terms)


def _logic(terms: Sequence[Term], places: int) -> Logic:
    """Check one level's operators, then cut it at each OR; AND and mere neighbourhood join.

    `places` is how many environments are chosen beside the search.
    """
    _check_operators(terms)
    pieces: list[list[Logic]] = [[]]
    for term in terms:
        if isinstance(term, Operator):
            if term.word == "OR":
                pieces.append([])
        else:
            pieces[-1].append(_one(term, places))
    joined = [piece[0] if len(piece) == 1 else And(parts=tuple(piece)) for piece in pieces]
    return joined[0] if len(joined) == 1 else Or(parts=tuple(joined))


def _check_operators(terms: Sequence[Term]) -> None:
    before: Term | None = None
    for term in terms:
        if isinstance(term, Operator):
            if before is None:
                raise Refused(f"Condition is missing on the left side of '{term.word}' operator")
            if isinstance(before, Operator):
                raise Refused(
                    "Missing condition in between two condition operators:"
                    f" '{before.word} {term.word}'"
                )
        before = term
    if isinstance(before, Operator):
        raise Refused(f"Condition is missing on the right side of '{before.word}' operator")


def _one(term: Term, places: int) -> Logic:
    if isinstance(term, Group):
        return _logic(term.terms, places)
    key = "message" if isinstance(term, FreeText | Operator) else term.key
    if not isinstance(term, Filter) or key not in ALLOWED_KEYS:
        raise Refused(f"Invalid search filter: {key}")
    if key in RELEASE_KEYS:
        _versions(term, ())
    elif key == STAGE_KEY:
        if places != 1:
            raise Refused("Choose a single environment to filter by release stage.")
        _in_stages(term, {})
    elif term.operator not in ("=", "!=", "IN", "NOT IN"):
        raise Refused("Unable to resolve conditions")
    return term


def _conjunction(logic: Logic) -> tuple[Logic, ...]:
    if isinstance(logic, And):
        return tuple(part for one in logic.parts for part in _conjunction(one))
    return (logic,)


def _filters(terms: Sequence[Logic]) -> Iterator[Filter]:
    for term in terms:
        if isinstance(term, Filter):
            yield term
        else:
            yield from _filters(term.parts)


def _take_statuses(terms: Sequence[Logic]) -> Search:
    statuses: frozenset[Outcome] | None = None
    rest: list[Logic] = []
    for term in terms:
        if isinstance(term, Filter) and term.key == STATUS:
            chosen = _chosen(term)
            statuses = chosen if statuses is None else statuses & chosen
        elif any(part.key == STATUS for part in _filters([term])):
            raise NO_STATUS
        else:
            rest.append(term)
    return Search(statuses=statuses, terms=tuple(rest))


def _chosen(term: Filter) -> frozenset[Outcome]:
    words = [value.literal for value in term.values]
    if words == [""]:
        raise NO_STATUS
    named = frozenset(OUTCOME_BY_WORD[word] for word in words if word in OUTCOME_BY_WORD)
    return frozenset(Outcome) - named if term.is_negated else named


def _test(term: Logic, context: Context) -> Test:
    if isinstance(term, Filter):
        return _test_filter(term, context)
    tests = [_test(part, context) for part in term.parts]
    if isinstance(term, Or):
        return lambda session: any(test(session) for test in tests)
    return lambda session: all(test(session) for test in tests)


def _test_filter(term: Filter, context: Context) -> Test:
    texts = tuple(value.literal for value in term.values)
    if term.key in RELEASE_KEYS:
        versions = _versions(term, context.registry.releases(context.projects))
        return lambda session: session.release in versions
    if term.key == STAGE_KEY:
        stages = context.registry.stages(context.projects, context.environments[0])
        in_stages = _in_stages(term, stages)
        return lambda session: session.release in in_stages
    if term.key in ("project", "project_id"):
        wanted = _project_ids(term, context)
        return lambda session: (session.project_id in wanted) != term.is_negated
    if term.key == "environment":
        return lambda session: (session.environment in texts) != term.is_negated
    releases_named = _with_latest(texts, context)
    return lambda session: (session.release in releases_named) != term.is_negated


def _versions(term: Filter, releases: Sequence[KnownRelease]) -> Sequence[str]:
    """Name the releases a filter selects; which part of a name it compares is not said here."""
    values = tuple(
        value.literal if term.key == "release.package" and not value.is_pattern else value.text
        for value in term.values
    )
    return select_versions(term.key, term.operator, values, releases)


def _in_stages(term: Filter, stages: Mapping[tuple[int, str], Stage]) -> Sequence[str]:
    return select_stages(term.operator, tuple(value.text for value in term.values), stages)


def _with_latest(names: Sequence[str], context: Context) -> frozenset[str]:
    if "latest" not in names:
        return frozenset(names)
    seen = None
    if context.environments:
        seen = context.registry.releases_in(context.projects, context.environments)
    latest = latest_versions(context.registry.releases(context.projects), seen=seen)
    return frozenset(name for name in names if name != "latest") | frozenset(latest or ("",))


def _project_ids(term: Filter, context: Context) -> frozenset[int]:
    texts = list(dict.fromkeys(value.literal for value in term.values))
    if term.key == "project_id":
        return frozenset(_number(text) for text in texts if text)
    slugs = {project.slug: project.id for project in context.scope.projects}
    outside = [name for name in texts if name in slugs and slugs[name] not in context.projects]
    if outside:
        selected = [p.slug for p in context.scope.projects if p.id in context.projects]
        raise Refused(
            f"Invalid project slugs: '{', '.join(outside)}' in query. Project slugs must be one of"
            f" '{', '.join(selected)}' defined in the top-level filters"
        )
    return frozenset(slugs[name] for name in texts if name in slugs)


def _number(text: str) -> int:
    """Read `12`, `1k` or `1.5m`; what is no whole number is no project's."""
    suffix = text[-1].lower()
    times = {"k": 10**3, "m": 10**6, "b": 10**9}.get(suffix, 1)
    number = Fraction(text[:-1] if times > 1 else text) * times
    return int(number) if number.denominator == 1 else -1
