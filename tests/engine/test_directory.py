"""Organizations and projects, and what becomes known about them."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from engine.dates import microseconds
from engine.directory import SLUG_RULE, Directory, DirectoryError, Organization
from engine.scope import KnownRelease, Project, Scope, Stage
from engine.storage import Storage

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LATER = FIRST + timedelta(days=1)


def directory_of_acme() -> Directory:
    """Make a directory of two organizations."""
    directory = Directory(Storage.open(None))
    acme = directory.create_organization("acme", name="Acme Corporation")
    directory.create_project(acme.id, "web")
    directory.create_project(acme.id, "mobile", id=40)
    umbra = directory.create_organization("umbra", id=7)
    directory.create_project(umbra.id, "web")
    return directory


def test_ids_count_on_and_names_default_to_slugs() -> None:
    """Without an id the next one is taken; ids of projects are shared by all organizations."""
    directory = directory_of_acme()

    assert directory.organizations() == (
        Organization(id=1, slug="acme", name="Acme Corporation"),
        Organization(id=7, slug="umbra", name="umbra"),
    )
    assert directory.projects(1) == (Project(id=1, slug="web"), Project(id=40, slug="mobile"))
    assert directory.projects(7) == (Project(id=41, slug="web"),)
    assert directory.projects(8) == ()
    assert directory.project_ids() == {1, 40, 41}


FOUND = {
    "slug": ("acme", 1),
    "id": ("7", 7),
    "other-case": ("ACME", None),
    "unknown-slug": ("nobody", None),
    "unknown-id": ("2", None),
    "leading-zero": ("07", None),
    "other-digits": ("\u0667", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("text", "found"), FOUND.values(), ids=FOUND.keys())
def test_organizations_are_found_by_id_or_slug(text: str, found: int | None) -> None:
    """A text of digits is an id, anything else a slug."""
    organization = directory_of_acme().find_organization(text)

    assert (organization and organization.id) == found


SLUGS = {
    "letters": ("web", True),
    "all-signs": ("a-b_c9", True),
    "fifty": ("a" * 50, True),
    "digits-and-letter": ("1a", True),
    "digits-and-sign": ("12-3", True),
    "digits": ("123", False),
    "fifty-one": ("a" * 51, False),
    "empty": ("", False),
    "capital": ("Web", False),
    "blank": ("a b", False),
    "slash": ("a/b", False),
    "umlaut": ("\u00fcber", False),
    "line-end": ("web\n", False),
}


@pytest.mark.parametrize(("slug", "good"), SLUGS.values(), ids=SLUGS.keys())
def test_slugs_keep_the_rule(slug: str, *, good: bool) -> None:
    """Slugs can stand in addresses and are never taken for ids."""
    directory = Directory(Storage.open(None))
    if good:
        organization = directory.create_organization(slug)
        assert directory.create_project(organization.id, slug).slug == slug
        return
    with pytest.raises(DirectoryError) as caught:
        directory.create_organization(slug)

    assert caught.value.message == f"{slug!r} is not a slug for an organization: use {SLUG_RULE}"


def test_what_is_taken_is_refused() -> None:
    """A slug or an id that is taken is told, and nothing is changed."""
    directory = directory_of_acme()
    before = directory.organizations(), directory.project_ids()
    with pytest.raises(DirectoryError, match=r"^there already is an organization 'acme'$"):
        directory.create_organization("acme")
    with pytest.raises(DirectoryError, match=r"an organization 'new' or the id 7 is taken$"):
        directory.create_organization("new", id=7)
    with pytest.raises(DirectoryError, match=r"^there already is a project 'web'$"):
        directory.create_project(1, "web")
    with pytest.raises(DirectoryError, match=r"a project 'new' or the id 41 is taken$"):
        directory.create_project(1, "new", id=41)
    with pytest.raises(DirectoryError, match=r"^there is no organization 2$"):
        directory.create_project(2, "new")

    assert (directory.organizations(), directory.project_ids()) == before


def test_scope_has_what_may_be_read() -> None:
    """A caller sees all projects of the organization, and reads its own of those granted."""
    directory = directory_of_acme()
    projects = (Project(id=1, slug="web"), Project(id=40, slug="mobile"))

    assert directory.scope(1) == Scope(
        organization_id=1, projects=projects, readable=frozenset({1, 40})
    )
    assert directory.scope(1, readable=frozenset({40, 41})).readable == {40}
    assert directory.scope(1, readable=frozenset()).readable == frozenset()


def test_environments_belong_to_their_organization() -> None:
    """An environment is known once it was added, to that organization alone."""
    directory = directory_of_acme()
    for name in ("prod", "prod", ""):
        directory.add_environment(1, name)

    assert directory.environments(1) == {"prod", ""}
    assert directory.environments(7) == frozenset()
    assert directory.environments(99) == frozenset()


def test_releases_come_oldest_first() -> None:
    """Releases have the moment of their first mention, whatever its time zone, in that order."""
    directory = directory_of_acme()
    directory.add_release(1, "b", added=LATER.astimezone(timezone(timedelta(hours=-7))))
    directory.add_release(40, "a", added=LATER)
    directory.add_release(1, "c", added=FIRST)
    directory.add_release(1, "c", added=LATER)
    directory.add_release(41, "foreign", added=FIRST)

    assert directory.releases((40, 1)) == (
        KnownRelease(project_id=1, version="c", added=microseconds(FIRST)),
        KnownRelease(project_id=40, version="a", added=microseconds(LATER)),
        KnownRelease(project_id=1, version="b", added=microseconds(LATER)),
    )
    assert directory.releases(()) == ()


def test_new_release_is_seen_after_a_question() -> None:
    """What is remembered of an earlier question does not hide a new release."""
    directory = directory_of_acme()

    assert directory.releases((1,)) == ()
    directory.add_release(1, "a", added=FIRST)
    assert [release.version for release in directory.releases((1,))] == ["a"]


def test_releases_are_seen_in_environments() -> None:
    """A release is found in the environments it was seen in, project by project."""
    directory = directory_of_acme()
    directory.add_release(1, "a", added=FIRST, environments=("prod", ""))
    directory.add_release(40, "a", added=FIRST, environments=("dev",))

    assert directory.releases_in((1, 40), ("prod", "dev")) == {(1, "a"), (40, "a")}
    assert directory.releases_in((1, 40), ("",)) == {(1, "a")}
    assert directory.releases_in((40,), ("prod",)) == frozenset()
    assert directory.releases_in((), ("prod",)) == frozenset()


STAGES = {
    "never": (None, None, Stage.LOW_ADOPTION),
    "adopted": (FIRST, None, Stage.ADOPTED),
    "replaced": (FIRST, LATER, Stage.REPLACED),
}


@pytest.mark.parametrize(("adopted", "unadopted", "stage"), STAGES.values(), ids=STAGES.keys())
def test_stage_follows_from_its_moments(
    adopted: datetime | None, unadopted: datetime | None, stage: Stage
) -> None:
    """A release is adopted from one moment on, and replaced from another, per environment."""
    directory = directory_of_acme()
    directory.add_release(1, "a", added=FIRST, environments=("prod", "dev"))

    directory.set_stage(1, "prod", "a", adopted=adopted, unadopted=unadopted)

    assert directory.stages((1,), "prod") == {(1, "a"): stage}
    assert directory.stages((1,), "dev") == {(1, "a"): Stage.LOW_ADOPTION}
    assert directory.stages((40,), "prod") == {}


def test_everything_is_kept_in_the_file(tmp_path: Path) -> None:
    """A directory that is opened again knows what it knew."""
    path = tmp_path / "sessions.duckdb"
    storage = Storage.open(path)
    first = Directory(storage)
    acme = first.create_organization("acme")
    web = first.create_project(acme.id, "web")
    first.add_environment(acme.id, "prod")
    first.add_release(web.id, "a", added=FIRST)
    first.set_stage(web.id, "prod", "a", adopted=FIRST, unadopted=None)
    storage.close()

    again = Directory(Storage.open(path))

    assert again.organizations() == (acme,)
    assert again.projects(acme.id) == (web,)
    assert again.environments(acme.id) == {"prod"}
    assert [release.version for release in again.releases((web.id,))] == ["a"]
    assert again.stages((web.id,), "prod") == {(1, "a"): Stage.ADOPTED}
