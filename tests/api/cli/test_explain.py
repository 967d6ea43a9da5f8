"""A question is explained in words, in SQL, and in time."""

import json

import pytest

from tests.api.cli.conftest import Run

AT = ("--now", "2026-03-10T14:25:40Z")


@pytest.fixture
def loaded(acme: Run) -> Run:
    """Give acme one session, an hour before the clock stops."""
    row = {"project_id": 1, "session_id": f"{1:032x}", "started": "2026-03-10T13:25:40Z"}
    assert acme("load", "-", content=json.dumps(row).encode()).exit_code == 0
    return acme


def test_question_is_explained_in_parts(loaded: Run) -> None:
    """What it means, the plan, the statements with their values, and where the time went."""
    address = "http://localhost/api/?field=sum(session)&statsPeriod=1d&interval=1h"

    result = loaded("explain", address, "--organization", "acme", *AT)

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    titles = {"question", "plan", "statement", "times"} & set(lines)
    assert sorted(titles, key=lines.index) == ["question", "plan", "statement", "times"]
    assert "fields      sum(session)" in lines
    assert "2026-03-09T14:00:00Z to 2026-03-10T15:00:00Z, 25 buckets of 3600 s" in result.stdout
    assert any("SELECT " in line for line in lines)
    assert any(line.startswith("  $") and " = " in line for line in lines)
    assert [line.partition("\t")[0] for line in lines if "\t" in line][:2] == ["resolve", "plan"]
    assert lines[-1].endswith(": 1 groups, 25 points")
    assert "\x1b" not in result.stdout


def test_values_of_the_caller_are_parameters(loaded: Run) -> None:
    """What was typed stands in the meaning, and not in the SQL."""
    asked = "field=sum(session)&statsPeriod=1d&interval=1h&query=release:it's"

    lines = loaded("explain", asked, *AT).stdout.splitlines()

    assert 'rows where  release in ["it\'s"]' in lines
    assert [line for line in lines if "it's" in line] == ['rows where  release in ["it\'s"]']


def test_question_that_cannot_match_needs_no_statement(loaded: Run) -> None:
    """And says so."""
    asked = "field=sum(session)&statsPeriod=1d&interval=1h&query=session.status:odd"

    result = loaded("explain", asked, *AT)

    assert result.exit_code == 0
    assert "nothing can match: no statement is run" in result.stdout


def test_refusal_names_the_place(loaded: Run) -> None:
    """A search error says which characters are meant."""
    asked = "field=sum(session)&statsPeriod=1d&interval=1h&query=colour:red"

    result = loaded("explain", asked, *AT)

    assert result.exit_code == 1
    assert result.stderr.startswith("release-health: Invalid search filter: colour")
    assert "(characters 1 to " in result.stderr


def test_organization_must_be_clear(loaded: Run) -> None:
    """The only one need not be named; of two, one must be."""
    loaded("org", "create", "globex")

    result = loaded("explain", "field=sum(session)", *AT)

    assert result.exit_code == 1
    assert result.stderr == (
        "release-health: say which organization is asked about, with --organization: acme, globex\n"
    )


def test_clock_that_is_no_time_is_refused(loaded: Run) -> None:
    """The setting is named, with what would be right."""
    result = loaded("explain", "field=sum(session)", "--now", "soon")

    assert result.exit_code == 1
    assert "now: 'soon' is not right; it has to be a moment such as" in result.stderr
