"""Organizations, projects, and what is known about them: environments, releases, adoption.

Owns these tables. Keeps the small ones in memory, since one process owns the file. Does not know
sessions, tokens or HTTP.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from engine.dates import microseconds
from engine.errors import EngineError
from engine.scope import KnownRelease, Project, Scope, Stage
from engine.seen import Seen
from engine.stages import erase_stage, read_stages, write_stage
from engine.storage import Storage

_SLUG = re.compile(r"(?=.*[a-z_-])[a-z0-9_-]{1,50}", re.ASCII)
SLUG_RULE = "1 to 50 of a-z, 0-9, _ and -, and not digits alone"


class DirectoryError(EngineError):
    """An organization or project cannot be created as asked."""

    code = "directory.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organization; its slug is unique.

    `retention_days` is how long its sessions are kept: None as the settings say, 0 for ever.
    """

    id: int
    slug: str
    name: str
    retention_days: int | None = None


class Directory:
    """Reads and changes the directory of one storage; satisfies `engine.scope.Registry`."""

    def __init__(self, storage: Storage) -> None:
        """Read the small tables."""
        self._storage = storage
        self._lock = threading.Lock()
        self.seen = Seen()
        self.refresh()

    def refresh(self) -> None:
        """Read the small tables again, after something else has changed them."""
        with self._storage.reading() as cursor:
            organizations = cursor.execute(
                "SELECT id, slug, name, retention_days FROM organizations ORDER BY id"
            )
            found = [
                Organization(id=i, slug=s, name=n, retention_days=d)
                for i, s, n, d in organizations.fetchall()
            ]
            projects: dict[int, list[Project]] = {one.id: [] for one in found}
            rows = cursor.execute("SELECT organization_id, id, slug FROM projects ORDER BY id")
            for organization_id, project_id, slug in rows.fetchall():
                projects[organization_id].append(Project(id=project_id, slug=slug))
            names: dict[int, set[str]] = {one.id: set() for one in found}
            for organization_id, name in cursor.execute(
                "SELECT organization_id, name FROM environments"
            ).fetchall():
                names[organization_id].add(name)
        with self._lock:
            self._organizations = tuple(found)
            self._projects = {key: tuple(value) for key, value in projects.items()}
            self._environments = {key: frozenset(value) for key, value in names.items()}
            self._releases: dict[tuple[int, ...], tuple[KnownRelease, ...]] = {}

    def organizations(self) -> tuple[Organization, ...]:
        """List all organizations by id."""
        return self._organizations

    def projects(self, organization_id: int) -> tuple[Project, ...]:
        """List the organization's projects by id."""
        return self._projects.get(organization_id, ())

    def project_ids(self) -> frozenset[int]:
        """List the ids of all projects of all organizations."""
        return frozenset(project.id for some in self._projects.values() for project in some)

    def find_organization(self, id_or_slug: str) -> Organization | None:
        """Find by id if the text is all digits, else by slug."""
        digits = id_or_slug.isascii() and id_or_slug.isdigit()
        for organization in self._organizations:
            if (str(organization.id) if digits else organization.slug) == id_or_slug:
                return organization
        return None

    def scope(self, organization_id: int, *, readable: frozenset[int] | None = None) -> Scope:
        """Give what a caller who may read these projects (None: all) sees of the organization."""
        projects = self.projects(organization_id)
        ids = frozenset(project.id for project in projects)
        return Scope(
            organization_id=organization_id,
            projects=projects,
            readable=ids if readable is None else ids & readable,
        )

    def create_organization(
        self,
        slug: str,
        *,
        name: str = "",
        id: int | None = None,  # noqa: A002  (the field's own name)
    ) -> Organization:
        """Create an organization; DirectoryError if the slug or id is taken or malformed."""
        _check_slug("an organization", slug)
        statement = (
            "INSERT INTO organizations SELECT coalesce($id, coalesce(max(id), 0) + 1), $slug, $name"
            ", NULL FROM organizations RETURNING id"
        )
        parameters = {"id": id, "slug": slug, "name": name or slug}
        created = self._insert("organization", slug, statement, parameters)
        return Organization(id=created, slug=slug, name=name or slug)

    def create_project(
        self,
        organization_id: int,
        slug: str,
        *,
        name: str = "",
        id: int | None = None,  # noqa: A002  (the field's own name)
    ) -> Project:
        """Create a project; ids are unique over all organizations, slugs within one."""
        _check_slug("a project", slug)
        if organization_id not in self._projects:
            message = f"there is no organization {organization_id}"
            raise DirectoryError(message)
        statement = (
            "INSERT INTO projects SELECT coalesce($id, coalesce(max(id), 0) + 1), $organization,"
            " $slug, $name FROM projects RETURNING id"
        )
        parameters = {
            "id": id,
            "organization": organization_id,
            "slug": slug,
            "name": name or slug,
        }
        return Project(id=self._insert("project", slug, statement, parameters), slug=slug)

    def _insert(
        self, noun: str, slug: str, statement: str, parameters: Mapping[str, object]
    ) -> int:
        try:
            with self._storage.writing() as cursor:
                ((created,),) = cursor.execute(statement, dict(parameters)).fetchall()
        except duckdb.ConstraintException as error:
            message = f"there already is {'an' if noun[0] == 'o' else 'a'} {noun} {slug!r}"
            if parameters["id"] is not None:
                message += f" or the id {parameters['id']} is taken"
            raise DirectoryError(message) from error
        self.refresh()
        return int(created)

    def add_environment(self, organization_id: int, name: str) -> None:
        """Make an environment known before its first session."""
        with self._storage.writing() as cursor:
            cursor.execute(
                "INSERT OR IGNORE INTO environments VALUES ($organization, $name)",
                {"organization": organization_id, "name": name},
            )
        self.refresh()

    def add_release(
        self, project_id: int, version: str, *, added: datetime, environments: Sequence[str] = ()
    ) -> None:
        """Make a release known before its first session; a known one keeps its date."""
        with self._storage.writing() as cursor:
            cursor.execute(
                "INSERT OR IGNORE INTO releases VALUES ($project, $version, $added)",
                {"project": project_id, "version": version, "added": _naive(added)},
            )
            for environment in environments:
                cursor.execute(
                    "INSERT OR IGNORE INTO adoptions"
                    " VALUES ($project, $environment, $version, NULL, NULL, false)",
                    {"project": project_id, "environment": environment, "version": version},
                )
        self.refresh()

    def set_stage(
        self,
        project_id: int,
        environment: str,
        version: str,
        *,
        adopted: datetime | None,
        unadopted: datetime | None,
    ) -> None:
        """Say when a release was adopted in an environment, and when it was replaced after that.

        What is said here counts instead of what the sessions say, until it is `forget_stage`d.
        """
        if unadopted is not None and (adopted is None or unadopted < adopted):
            message = "a release is replaced after it was adopted: give both times, in that order"
            raise DirectoryError(message)
        key = (project_id, environment, version)
        write_stage(self._storage, key, adopted=_naive(adopted), unadopted=_naive(unadopted))

    def forget_stage(self, project_id: int, environment: str, version: str) -> None:
        """Let the sessions say again how far a release is adopted in an environment."""
        erase_stage(self._storage, (project_id, environment, version))

    def keep_for(self, organization_id: int, days: int | None) -> None:
        """Say how long an organization's sessions are kept: None as the settings say, 0 for ever.

        It counts from the next time that old sessions are deleted.
        """
        with self._storage.writing() as cursor:
            cursor.execute(
                "UPDATE organizations SET retention_days = $days WHERE id = $organization",
                {"organization": organization_id, "days": days},
            )
        self.refresh()

    def environments(self, organization_id: int) -> frozenset[str]:
        """List the names of all environments the organization has had."""
        return self._environments.get(organization_id, frozenset())

    def releases(self, project_ids: Sequence[int]) -> Sequence[KnownRelease]:
        """List the releases of these projects, oldest first."""
        wanted = tuple(sorted(project_ids))
        with self._lock:
            cache = self._releases
        if wanted not in cache:
            with self._storage.reading() as cursor:
                rows = cursor.execute(
                    "SELECT project_id, version, added FROM releases"
                    " WHERE project_id IN (SELECT unnest($projects)) ORDER BY added, version",
                    {"projects": list(wanted)},
                ).fetchall()
            cache[wanted] = tuple(
                KnownRelease(
                    project_id=project_id,
                    version=version,
                    added=microseconds(added.replace(tzinfo=UTC)),
                )
                for project_id, version, added in rows
            )
        return cache[wanted]

    def releases_in(
        self, project_ids: Sequence[int], environments: Sequence[str]
    ) -> frozenset[tuple[int, str]]:
        """List the (project, release) pairs that have been seen in one of these environments."""
        with self._storage.reading() as cursor:
            rows = cursor.execute(
                "SELECT project_id, version FROM adoptions"
                " WHERE project_id IN (SELECT unnest($projects))"
                " AND environment IN (SELECT unnest($environments))",
                {"projects": list(project_ids), "environments": list(environments)},
            ).fetchall()
        return frozenset((project_id, version) for project_id, version in rows)

    def stages(
        self, project_ids: Sequence[int], environment: str
    ) -> Mapping[tuple[int, str], Stage]:
        """Map the (project, release) pairs seen in this environment to their stages."""
        return read_stages(self._storage, project_ids, environment)


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def _check_slug(noun: str, slug: str) -> None:
    if not _SLUG.fullmatch(slug):
        message = f"{slug!r} is not a slug for {noun}: use {SLUG_RULE}"
        raise DirectoryError(message)
