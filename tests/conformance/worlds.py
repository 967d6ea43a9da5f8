"""The organizations, projects, callers and rows that the cases are about.

Owns the reading of `fixtures.json`, and how a fixture comes into an engine. Does not know what is
asked of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.engine import Engine
from engine.limits import Limits
from engine.tokens import Grant

FIXTURES: Mapping[str, Mapping[str, object]] = json.loads(
    (Path(__file__).parent / "fixtures.json").read_text("utf-8")
)
ORGANIZATIONS = {"org1": 1, "org2": 2, "org3": 3}
PROJECTS = {1: "org1", 2: "org1", 3: "org1", 10: "org1", 4: "org2"}
CALLERS = {"admin": ("org1", "org3"), "member": ("org1",)}
ADDED = datetime(2021, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVersion:
    """A registered release: the projects it is of, and where it was seen and adopted."""

    version: str
    projects: tuple[int, ...]
    environments: tuple[str, ...]
    adopted_in: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """Everything that a case takes for granted; rows as they are loaded."""

    rows: tuple[Mapping[str, object], ...]
    environments: tuple[str, ...]
    releases: tuple[KnownVersion, ...]


def read_fixture(name: str) -> Fixture:
    """Read a fixture together with the one it extends."""
    raw = FIXTURES[name]
    rows = (*_rows(str(raw["extends"])), *_rows(name)) if raw["extends"] else _rows(name)
    return Fixture(
        rows=rows,
        environments=_texts(raw["environments"]),
        releases=tuple(_release(release) for release in _mappings(raw["releases"])),
    )


def _rows(name: str) -> tuple[Mapping[str, object], ...]:
    return tuple(_mappings(FIXTURES[name]["rows"]))


def _release(raw: Mapping[str, object]) -> KnownVersion:
    return KnownVersion(
        version=str(raw["version"]),
        projects=tuple(int(text) for text in _texts(raw["projects"])),
        environments=_texts(raw["environments"]),
        adopted_in=_texts(raw["adopted_in"]),
    )


def _mappings(value: object) -> list[Mapping[str, object]]:
    assert isinstance(value, list)
    return value


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, list)
    return tuple(str(item) for item in value)


def open_fixture(name: str, limits: Limits, *, register_releases: bool = False) -> Engine:
    """Open an engine in memory that holds a fixture.

    Its releases are known only as far as the fixture says, unless `register_releases`.
    """
    engine = Engine.open(limits=limits)
    directory = engine.directory
    for slug, number in ORGANIZATIONS.items():
        directory.create_organization(slug, id=number)
    for project, organization in PROJECTS.items():
        directory.create_project(ORGANIZATIONS[organization], f"project-{project}", id=project)
    fixture = read_fixture(name)
    for environment in fixture.environments:
        directory.add_environment(ORGANIZATIONS["org1"], environment)
    for release in fixture.releases:
        _register(engine, release)
    if fixture.rows:
        engine.load(fixture.rows, register_releases=register_releases)
    for caller, organizations in CALLERS.items():
        grants = [Grant(organization_id=ORGANIZATIONS[slug]) for slug in organizations]
        engine.tokens.create(caller, grants, now=ADDED, secret=caller)
    return engine


def _register(engine: Engine, release: KnownVersion) -> None:
    for project in release.projects:
        engine.directory.add_release(
            project, release.version, added=ADDED, environments=release.environments
        )
        for environment in release.adopted_in:
            engine.directory.set_stage(
                project, environment, release.version, adopted=ADDED, unadopted=None
            )
