"""Small worlds for tests: an organization, its projects, what is known about them, and an engine.

Owns the one organization that most tests ask, a registry in plain Python, and how a readable
request line becomes a request. Does not know what any answer should be.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from engine.engine import Engine
from engine.limits import Limits
from engine.plan import Source
from engine.request import Request
from engine.scope import KnownRelease, Project, Scope, Stage
from engine.storage import LOG_BYTES
from tests.oracle.adoption import Counted, adoptions
from tests.oracle.fold import Row, fold, read_environment, read_moment

ORGANIZATION_ID = 1
ORGANIZATION = "acme"
FOREIGN_ORGANIZATION = "umbra"
FOREIGN_PROJECT = Project(id=9, slug="hidden")
PROJECTS = (
    Project(id=1, slug="web"),
    Project(id=2, slug="mobile"),
    Project(id=3, slug="backend"),
)
PROJECT_BY_SLUG = {project.slug: project for project in (*PROJECTS, FOREIGN_PROJECT)}
NAMESPACE = uuid.UUID("5e551075-0000-4000-8000-000000000000")

_SCALARS = {
    "interval": "interval",
    "statsPeriod": "period",
    "statsPeriodStart": "period_start",
    "statsPeriodEnd": "period_end",
    "start": "start",
    "end": "end",
    "query": "query",
    "per_page": "per_page",
    "cursor": "cursor",
    "includeTotals": "totals",
    "includeSeries": "series",
}
_LISTS = {
    "field": "fields",
    "groupBy": "groups",
    "orderBy": "orders",
    "project": "projects",
    "environment": "environments",
}


def named_uuid(name: str) -> str:
    """Give a short name its own lasting UUID; a text that is a UUID stays as it is spelled."""
    try:
        uuid.UUID(name)
    except ValueError:
        return str(uuid.uuid5(NAMESPACE, name))
    return name


def pairs_of(line: str) -> tuple[tuple[str, str], ...]:
    """Split a request line like `field=sum(session)&query=release:"a b"` into its pairs.

    Only `%XX` is decoded, so that blanks, quotes and plus signs can be read and written plainly.
    """
    pieces = (piece.partition("=") for piece in line.split("&") if piece)
    return tuple((unquote(name), unquote(value)) for name, _, value in pieces)


def request_of(pairs: Iterable[tuple[str, str]]) -> Request:
    """Make the request that a list of parameters means; of a repeated scalar the last counts."""
    lists: dict[str, tuple[str, ...]] = {}
    scalars: dict[str, str] = {}
    for name, value in pairs:
        if name in _LISTS:
            lists[_LISTS[name]] = (*lists.get(_LISTS[name], ()), value)
        elif name in _SCALARS:
            scalars[_SCALARS[name]] = value
    values: dict[str, str | tuple[str, ...]] = {**lists, **scalars}
    return Request(**values)  # type: ignore[arg-type]  # each name above has its own type


def _stages(rows: Iterable[Row]) -> dict[tuple[int, str, str], Stage]:
    """Tell how far each release of these rows is adopted, where it is."""
    counted: dict[int, list[Counted]] = {}
    for one in fold(rows):
        row = Counted(one.environment, one.release, one.started, one.quantity)
        counted.setdefault(one.project_id, []).append(row)
    return {
        (project, environment, release): Stage.ADOPTED if until is None else Stage.REPLACED
        for project, some in counted.items()
        for (environment, release), (_, until) in adoptions(some).items()
    }


@dataclass(slots=True, kw_only=True)
class PlainRegistry:
    """What is known about the organization beside its sessions, in plain Python."""

    projects: tuple[Project, ...] = PROJECTS
    names: set[str] = field(default_factory=set)
    added: dict[tuple[int, str], int] = field(default_factory=dict)
    seen: dict[tuple[int, str, str], Stage] = field(default_factory=dict)

    def learn(self, rows: Iterable[Row]) -> None:
        """Learn the releases and environments of loaded rows."""
        own = {project.id for project in self.projects}
        rows = list(rows)
        for key, stage in _stages(rows).items():
            self.seen.setdefault(key, stage)
        for row in rows:
            project = int(str(row["project_id"]))
            environment = read_environment(row.get("environment"))
            release = str(row.get("release") or "")
            if project in own:
                self.names.add(environment)
            if release:
                self.seen.setdefault((project, environment, release), Stage.LOW_ADOPTION)
                started = read_moment(row["started"])
                self.added[project, release] = min(
                    started, self.added.get((project, release), started)
                )

    def add_release(
        self, project: int, version: str, *, added: datetime, environments: Sequence[str] = ()
    ) -> None:
        """Register a release."""
        self.added.setdefault((project, version), read_moment(added))
        for environment in environments:
            self.seen.setdefault((project, environment, version), Stage.LOW_ADOPTION)

    def environments(self, organization_id: int) -> frozenset[str]:
        """List the names of all environments of the organization."""
        return frozenset(self.names) if organization_id == ORGANIZATION_ID else frozenset()

    def releases(self, project_ids: Sequence[int]) -> Sequence[KnownRelease]:
        """List the releases of these projects, oldest first."""
        known = [
            KnownRelease(project_id=project, version=version, added=added)
            for (project, version), added in self.added.items()
            if project in project_ids
        ]
        return sorted(known, key=lambda release: (release.added, release.version))

    def releases_in(
        self, project_ids: Sequence[int], environments: Sequence[str]
    ) -> frozenset[tuple[int, str]]:
        """List the (project, release) pairs seen in one of these environments."""
        return frozenset(
            (project, version)
            for project, environment, version in self.seen
            if project in project_ids and environment in environments
        )

    def stages(
        self, project_ids: Sequence[int], environment: str
    ) -> Mapping[tuple[int, str], Stage]:
        """Map the (project, release) pairs seen in this environment to their stages."""
        return {
            (project, version): stage
            for (project, where, version), stage in self.seen.items()
            if project in project_ids and where == environment
        }


def plain_scope(readable: frozenset[int] | None = None) -> Scope:
    """Give the scope of a caller who may read these projects of the organization, or all."""
    ids = frozenset(project.id for project in PROJECTS)
    return Scope(
        organization_id=ORGANIZATION_ID,
        projects=PROJECTS,
        readable=ids if readable is None else ids & readable,
    )


def open_engine(
    path: Path | None = None,
    *,
    limits: Limits | None = None,
    sources: Collection[Source] = tuple(Source),
    log_bytes: int = LOG_BYTES,
) -> Engine:
    """Open an engine with the organization, its projects, and a foreign one beside it."""
    engine = Engine.open(path, limits=limits or Limits(), sources=sources, log_bytes=log_bytes)
    if engine.directory.organizations():
        return engine
    engine.directory.create_organization(ORGANIZATION, id=ORGANIZATION_ID)
    for project in PROJECTS:
        engine.directory.create_project(ORGANIZATION_ID, project.slug, id=project.id)
    foreign = engine.directory.create_organization(FOREIGN_ORGANIZATION)
    engine.directory.create_project(foreign.id, FOREIGN_PROJECT.slug, id=FOREIGN_PROJECT.id)
    return engine


def tell_engine(engine: Engine, registry: PlainRegistry) -> None:
    """Tell an engine everything a plain registry knows."""
    directory = engine.directory
    for name in sorted(registry.names):
        directory.add_environment(ORGANIZATION_ID, name)
    for release in registry.releases([project.id for project in registry.projects]):
        directory.add_release(
            release.project_id,
            release.version,
            added=datetime.fromtimestamp(release.added / 1_000_000, UTC),
        )
    for (project, environment, version), stage in registry.seen.items():
        moment = datetime(2020, 1, 1, tzinfo=UTC)
        directory.set_stage(
            project,
            environment,
            version,
            adopted=None if stage is Stage.LOW_ADOPTION else moment,
            unadopted=moment if stage is Stage.REPLACED else None,
        )
