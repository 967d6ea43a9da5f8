"""Organizations, projects, releases and tokens are made and listed; mistakes are one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.cli.options import moment
from tests.api.cli.conftest import Run


def test_organization_and_projects_are_listed(acme: Run) -> None:
    """In a pipe a list is one line a thing, its cells cut by tabs."""
    assert acme("org", "list").stdout == "1\tacme\tAcme Corp\tdefault\n"
    assert acme("project", "list").stdout == "1\tacme\tweb\n2\tacme\tios\n"
    assert acme("project", "list", "acme").stdout == acme("project", "list", "1").stdout


MISTAKES = {
    "slug-taken": (("org", "create", "acme"), "there already is an organization 'acme'"),
    "slug-digits": (("org", "create", "123"), "'123' is not a slug for"),
    "project-taken": (("project", "create", "acme", "web"), "there already is a project 'web'"),
    "no-organization": (("project", "create", "nope", "a"), "there is no organization 'nope'"),
    "nothing-to-read": (("token", "create", "a"), "a token needs something to read: give"),
    "no-project": (
        ("token", "create", "a", "--project", "acme/nope"),
        "there is no project 'nope' in the organization acme",
    ),
    "no-token": (("token", "revoke", "7"), "there is no token 7 that is still valid"),
    "no-release": (
        ("release", "stage", "acme", "web", "app@1", "production"),
        "acme/web has no release 'app@1'; add it with: release add",
    ),
}


@pytest.mark.parametrize(("words", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_is_one_sentence(acme: Run, words: tuple[str, ...], sentence: str) -> None:
    """It stands on standard error, and the exit code is 1."""
    result = acme(*words)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"release-health: {sentence}")
    assert result.stderr.count("\n") == 1


USAGE = {
    "project-without-owner": ("token", "create", "a", "--project", "web"),
    "no-time": ("release", "stage", "acme", "web", "a", "b", "--adopted", "soon"),
    "replaced-only": ("release", "stage", "acme", "web", "a", "b", "--unadopted", "2026-01-01"),
    "bad-release": ("release", "add", "acme", "web", "a/b"),
    "id-zero": ("org", "create", "other", "--id", "0"),
    "unknown-option": ("org", "list", "--colour"),
}


@pytest.mark.parametrize("words", USAGE.values(), ids=USAGE.keys())
def test_wrong_use_has_its_own_code(acme: Run, words: tuple[str, ...]) -> None:
    """A script can tell a wrong command line (2) from a failure (1)."""
    assert acme(*words).exit_code == 2


def test_token_is_created_listed_and_revoked(acme: Run) -> None:
    """The secret is shown once; the list says what a token reads."""
    created = acme("token", "create", "board", "--organization", "acme", "--project", "acme/web")
    narrow = acme("token", "create", "one", "--project", "acme/web", "--project", "1/ios")
    listed = acme("token", "list").stdout

    secret = created.stdout.splitlines()[1]
    assert created.stdout.startswith("token 1 (board) reads acme; its secret:\n")
    assert narrow.stdout.startswith("token 2 (one) reads acme/web, acme/ios; its secret:\n")
    assert secret not in listed
    assert [line.split("\t")[4] for line in listed.splitlines()] == ["-", "-"]
    assert acme("token", "revoke", "1").stdout == "token 1 is revoked\n"
    assert acme("token", "list").stdout.splitlines()[0].split("\t")[4] != "-"
    assert acme("token", "revoke", "1").exit_code == 1


def test_release_is_added_and_adopted(acme: Run) -> None:
    """What is known before the first session can be told, and changes what a question finds."""
    name = "app@1.0.0"
    added = acme(
        "release", "add", "acme", "web", name, "--added", "2026-01-02", "--environment", "live"
    )
    stage = ("release", "stage", "acme", "web", name, "live")
    question = "field=sum(session)&environment=live&query=release.stage:adopted&statsPeriod=1d"

    assert added.stdout == "release app@1.0.0 of acme/web is known\n"
    assert acme("release", "list", "acme", "web").stdout == "app@1.0.0\t2026-01-02T00:00:00Z\n"
    assert "is of low adoption in live" in acme(*stage).stdout
    assert name not in acme("explain", question).stdout
    assert "is adopted in live" in acme(*stage, "--adopted", "2026-01-03T00:00Z").stdout
    assert f"release in ['{name}']" in acme("explain", question).stdout
    replaced = acme(*stage, "--adopted", "2026-01-03", "--unadopted", "2026-02-01")
    assert "is replaced in live" in replaced.stdout
    assert "no environment 'staging'" in acme(*stage[:-1], "staging").stderr


def test_time_without_offset_is_utc() -> None:
    """As everywhere in the service."""
    assert moment("2026-01-02") == moment("2026-01-02T02:00:00+02:00")


@pytest.mark.parametrize(
    "words", [("org", "list"), ("token", "list"), ("verify",)], ids=["org", "token", "verify"]
)
def test_reading_makes_no_database(run: Run, database: Path, words: tuple[str, ...]) -> None:
    """A verb that only reads says that the database is not there, and makes none."""
    result = run(*words)

    assert result.exit_code == 1
    assert (
        result.stderr
        == f"release-health: there is no database {database}; --database names another\n"
    )
    assert not database.exists()


def test_reader_who_has_seen_enough_is_no_failure(acme: Run, database: Path) -> None:
    """A list whose reader leaves after the first line ends as if it had been read whole."""
    for number in range(3):
        assert acme("project", "create", "acme", f"more-{number}").exit_code == 0
    command = f'"{sys.executable}" -m api project list --database "{database}" | head -n 1'

    shown = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )

    assert (shown.returncode, shown.stderr) == (0, "")
