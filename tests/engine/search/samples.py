"""The collected queries, and a small organization to ask them of.

Owns what several tests of the search language share.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from hypothesis import strategies as st

from engine.errors import SearchError
from engine.scope import KnownRelease, Project, Scope, Stage
from engine.search.bind import SearchContext
from engine.search.parse import parse
from engine.search.tree import Group

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

NOW = datetime(2026, 3, 10, 14, 25, 40, 500_000, tzinfo=UTC)
SCOPE = Scope(
    organization_id=1,
    projects=(
        Project(id=1, slug="proj-a"),
        Project(id=2, slug="proj-b"),
        Project(id=3, slug="other"),
    ),
    readable=frozenset({1, 2, 3}),
)
RELEASES = tuple(
    KnownRelease(project_id=project_id, version=version, added=added)
    for added, (project_id, version) in enumerate(
        [
            (1, "app@1.0.0+124"),
            (1, "app@1.2.0+125"),
            (2, "web@2.0.0"),
            (3, "other@9.0.0"),
        ]
    )
)

_PIECES = (
    *'ab0159kmdw:!<>=*\\"()[], \t\n.-+%Z',
    "OR",
    "AND ",
    "has:",
    "is:",
    "release:",
    "session.status:",
    "healthy",
    "tags[",
    "]:",
    "project_id:",
    "timestamp:",
    "release.version:",
    "2020-01-01",
    "\uf00dContains\uf00d",
    "\ud800",
    "\x00",
    "\u00e9",
    "count(",
)
QUERIES = st.lists(st.sampled_from(_PIECES), max_size=25).map("".join) | st.text(
    st.characters(), max_size=30
)
"""Texts that often are, or nearly are, queries."""


@dataclass(frozen=True, kw_only=True)
class KnownThings:
    """A registry with fixed contents."""

    known: tuple[KnownRelease, ...] = RELEASES
    seen: frozenset[tuple[int, str]] = frozenset({(1, "app@1.0.0+124")})
    staged: Mapping[tuple[int, str], Stage] = field(
        default_factory=lambda: {
            (1, "app@1.0.0+124"): Stage.REPLACED,
            (1, "app@1.2.0+125"): Stage.ADOPTED,
        }
    )

    def environments(self, organization_id: int) -> frozenset[str]:
        """List one environment of the only organization."""
        return frozenset({"prod"} if organization_id == SCOPE.organization_id else ())

    def releases(self, project_ids: Sequence[int]) -> Sequence[KnownRelease]:
        """List the releases of these projects."""
        return [known for known in self.known if known.project_id in project_ids]

    def releases_in(
        self, project_ids: Sequence[int], environments: Sequence[str]
    ) -> frozenset[tuple[int, str]]:
        """List the releases of these projects seen in any environment."""
        return frozenset(
            (project_id, name)
            for project_id, name in self.seen
            if project_id in project_ids and environments
        )

    def stages(
        self, project_ids: Sequence[int], environment: str
    ) -> Mapping[tuple[int, str], Stage]:
        """Map the releases of these projects to their stages in `prod`."""
        if environment != "prod":
            return {}
        return {key: stage for key, stage in self.staged.items() if key[0] in project_ids}


def context(
    environments: tuple[str, ...] = (), *, known: KnownThings | None = None
) -> SearchContext:
    """Select the projects `proj-a` and `proj-b`; `other` exists but is not selected."""
    return SearchContext(
        scope=SCOPE,
        project_ids=(1, 2),
        environments=environments,
        registry=known or KnownThings(),
    )


def cases(name: str) -> dict[str, dict[str, Json]]:
    """Read one file of collected queries, by id."""
    path = Path(__file__).parent / "cases" / f"{name}.json"
    return {case["id"]: case for case in json.loads(path.read_text(encoding="utf-8"))}


def read(text: Json) -> Group | None:
    """Parse at a fixed time."""
    assert isinstance(text, str)
    return parse(text, now=NOW)


def message_of(text: Json) -> str:
    """Give the text of the error that parsing ends in, or "" if it ends well."""
    try:
        read(text)
    except SearchError as error:
        return error.message
    return ""
