"""What a release name says, and which names releases and environments may have."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.release import environment_name_problem, parse_release, release_name_problem

CASES = Path(__file__).parent / "cases"
RELEASES = json.loads((CASES / "release_parse.json").read_text(encoding="utf-8"))
NAMES = json.loads((CASES / "release_names.json").read_text(encoding="utf-8"))
PROBLEMS = {"release": release_name_problem, "environment": environment_name_problem}


@pytest.mark.parametrize("case", RELEASES, ids=[ascii(case["release"])[1:40] for case in RELEASES])
def test_a_name_is_read_as_the_reference_reads_it(case: dict[str, object]) -> None:
    """Package, version, build hash and description; or why the name is not allowed."""
    name = str(case["release"])
    expected = {key: value for key, value in case.items() if key not in {"release", "problem"}}

    release = parse_release(name)

    assert release_name_problem(name.strip(" \t\n")) == case.get("problem")
    if expected:
        assert {**asdict(release), "description": release.description} == expected
    else:
        assert (release.package, release.version, release.build_hash) == (None, None, None)


@pytest.mark.parametrize("case", NAMES, ids=[f"{c['kind']} {c['name'][:8]!r}" for c in NAMES])
def test_forbidden_names_have_a_reason(case: dict[str, str]) -> None:
    """The loader and the ingest door refuse the same names, with the same words."""
    assert PROBLEMS[case["kind"]](case["name"]) == case["problem"]


@pytest.mark.parametrize(
    ("kind", "name", "problem"),
    [
        ("release", "", None),
        ("release", " padded ", None),
        ("release", " .", None),
        ("release", "none", None),
        ("release", "Latest", "restricted release name"),
        ("release", "x" * 200, None),
        ("release", "x" * 201, "release name too long"),
        ("release", "é" * 100, None),
        ("release", "é" * 100 + "x", "release name too long"),
        ("release", "a\x00", "bad characters in release name"),
        ("release", "a\x1f", "bad characters in release name"),
        ("release", "a\x80", None),
        ("release", "a\ud800", "bad characters in release name"),
        ("environment", "", None),
        ("environment", "latest", None),
        ("environment", "NoNe", "restricted environment name"),
        ("environment", "x" * 64, None),
        ("environment", "é" * 32 + "x", "environment name too long"),
        ("environment", "a/b", "bad characters in environment name"),
        ("environment", "a\\b", "bad characters in environment name"),
        ("environment", "a\tb", "bad characters in environment name"),
        ("environment", "a\x7f", "bad characters in environment name"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_name_rules_at_their_edges(kind: str, name: str, problem: str | None) -> None:
    """Lengths count UTF-8 bytes, letter case does not save a restricted name, blanks do."""
    assert PROBLEMS[kind](name) == problem


@given(st.text())
def test_parsing_never_fails(text: str) -> None:
    """Any text is some release, and what is left of the name is in the text."""
    release = parse_release(text)

    assert release.version_raw in text
    assert release.description in text or release.version is not None or release.build_hash


@given(st.text(alphabet="fo@01.-+a*rc /", max_size=24))
def test_a_version_needs_a_package_and_an_allowed_name(text: str) -> None:
    """Only an allowed name of the form `package@version` is semantic."""
    release = parse_release(text)

    if release.version is not None:
        assert release.package is not None
        assert release_name_problem(text.strip()) is None
        assert text.strip() == f"{release.package}@{release.version_raw}"
