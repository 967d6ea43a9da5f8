"""The projects, releases and environments that a filter names, as a condition on rows.

Owns what each key is compared with. Does not know how filters are joined.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from engine.condition import Membership
from engine.errors import SearchError
from engine.release_filter import latest_versions
from engine.scope import Registry, Scope
from engine.search.admission import PROJECT_ID
from engine.search.keys import number_of
from engine.search.release_terms import (
    STAGE,
    VERSION_KEYS,
    only_environment,
    stage_names,
    version_names,
)
from engine.search.tree import Filter
from schema.catalog import Key

LATEST = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchContext:
    """What a query is resolved against: the ids to be read, and the environments beside it."""

    scope: Scope
    project_ids: tuple[int, ...]
    environments: tuple[str, ...]
    registry: Registry


def membership(term: Filter, context: SearchContext) -> Membership:
    """Resolve one admitted filter.

    Raises SearchError: a project of the organization is named that is not among those to be read,
    or stages are asked for without one chosen environment.
    """
    if term.key in VERSION_KEYS:
        names = version_names(term, context.registry.releases(context.project_ids))
        return Membership(key=Key.RELEASE, values=_storable(names))
    return _RESOLVERS[term.key](term, context)


def _projects(term: Filter, context: SearchContext) -> Membership:
    """Compare slugs; one that no project of the organization has matches nothing."""
    slugs = dict.fromkeys(value.literal for value in term.values)
    by_slug = {project.slug: project.id for project in context.scope.projects}
    ids = {slug: by_slug[slug] for slug in slugs if slug in by_slug}
    outside = [slug for slug, number in ids.items() if number not in context.project_ids]
    if outside:
        raise _outside(term, outside, context)
    return Membership(key=Key.PROJECT, values=tuple(ids.values()), negated=term.is_negated)


def _outside(term: Filter, slugs: list[str], context: SearchContext) -> SearchError:
    by_id = {project.id: project.slug for project in context.scope.projects}
    allowed = ", ".join(by_id[number] for number in context.project_ids if number in by_id)
    message = (
        f"Invalid project slugs: '{', '.join(slugs)}' in query."
        f" Project slugs must be one of '{allowed}' defined in the top-level filters"
    )
    return SearchError(message, span=term.span)


def _project_ids(term: Filter, context: SearchContext) -> Membership:
    """Compare ids; the empty value, which only `has:` asks for, is no project's."""
    wanted = {number_of(value.text) for value in term.values if value.text}
    ids = tuple(number for number in context.project_ids if number in wanted)
    return Membership(key=Key.PROJECT, values=ids, negated=term.is_negated)


def _environments(term: Filter, _: SearchContext) -> Membership:
    names = tuple(value.literal for value in term.values)
    return Membership(key=Key.ENVIRONMENT, values=_storable(names), negated=term.is_negated)


def _releases(term: Filter, context: SearchContext) -> Membership:
    """Compare names; `latest` stands for the latest release of each project to be read."""
    names: list[str] = []
    for value in term.values:
        names.extend(_latest(context) if value.literal == LATEST else (value.literal,))
    return Membership(key=Key.RELEASE, values=_storable(tuple(names)), negated=term.is_negated)


def _latest(context: SearchContext) -> tuple[str, ...]:
    """Name the latest releases; where there is none, the empty name is meant."""
    seen = None
    if context.environments:
        seen = context.registry.releases_in(context.project_ids, context.environments)
    return latest_versions(context.registry.releases(context.project_ids), seen=seen) or ("",)


def _stages(term: Filter, context: SearchContext) -> Membership:
    environment = only_environment(term, context.environments)
    names = stage_names(term, context.registry.stages(context.project_ids, environment))
    return Membership(key=Key.RELEASE, values=_storable(names))


def _storable(names: tuple[str, ...]) -> tuple[str, ...]:
    """Keep each name once; one with a lone surrogate is in no store and cannot be sent to one."""
    return tuple(name for name in dict.fromkeys(names) if _is_storable(name))


def _is_storable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


_RESOLVERS: MappingProxyType[str, Callable[[Filter, SearchContext], Membership]] = MappingProxyType(
    {
        "project": _projects,
        PROJECT_ID: _project_ids,
        "environment": _environments,
        "release": _releases,
        STAGE: _stages,
    }
)
