"""What one caller may read, and the facts about it that a question needs.

Owns the boundary of an organization. Does not know tokens or headers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project of an organization; slugs are unique within it."""

    id: int
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The organization a caller asks about, all its projects, and those the caller may read."""

    organization_id: int
    projects: tuple[Project, ...]
    readable: frozenset[int]


class Stage(StrEnum):
    """How far a release has been adopted in one environment of one project."""

    ADOPTED = "adopted"
    LOW_ADOPTION = "low_adoption"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRelease:
    """A release of one project; `added` is when it became known, Unix microseconds."""

    project_id: int
    version: str
    added: int


class Registry(Protocol):
    """What is known about an organization beside its sessions; asked only when needed."""

    def environments(self, organization_id: int) -> frozenset[str]:
        """List the names of all environments that any project of the organization has had."""
        ...

    def releases(self, project_ids: Sequence[int]) -> Sequence[KnownRelease]:
        """List the releases of these projects, oldest first."""
        ...

    def releases_in(
        self, project_ids: Sequence[int], environments: Sequence[str]
    ) -> frozenset[tuple[int, str]]:
        """List the (project, release) pairs that have been seen in one of these environments."""
        ...

    def stages(
        self, project_ids: Sequence[int], environment: str
    ) -> Mapping[tuple[int, str], Stage]:
        """Map the (project, release) pairs seen in this environment to their stages."""
        ...
