"""The command as a whole: its help, its version, and that it never ends in a traceback."""

import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from api.cli import program
from api.cli.program import main
from api.settings import Settings

ROOT = Path(__file__).parents[3]
VERBS = ("serve", "load", "demo", "explain", "org", "project", "release", "token")


def test_help_names_every_verb() -> None:
    """And `python -m api` is the same command."""
    result = subprocess.run(
        [sys.executable, "-m", "api", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.startswith("Usage: release-health [OPTIONS] COMMAND")
    assert all(f"\n  {verb} " in result.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    """Asking for help is never a mistake."""
    result = CliRunner().invoke(program, [verb, "--help"])

    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_version_is_printed() -> None:
    """Without opening anything."""
    result = CliRunner().invoke(program, ["--version"])

    assert result.exit_code == 0
    assert result.stdout.startswith("release-health")


def fail_oddly(settings: Settings) -> NoReturn:
    """Fail as a defect would."""
    raise KeyError(settings.database.name)


def test_what_nobody_foresaw_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A line on standard error and exit code 1, not a traceback."""
    database = tmp_path / "a.duckdb"
    words = ["release-health", "org", "create", "acme", "--database", str(database)]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr("api.cli.options.open_engine", fail_oddly)

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 1
    assert capsys.readouterr().err == (
        "release-health: this should not have happened: KeyError: 'a.duckdb'\n"
    )
