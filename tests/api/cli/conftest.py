"""A database in a file, and the command run on it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from typer.testing import CliRunner, Result

from api.cli import program

Run: TypeAlias = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Name a database file that is not there yet."""
    return tmp_path / "sessions.duckdb"


@pytest.fixture
def run(database: Path) -> Run:
    """Run one verb on the database; its output is that of a pipe, not of a terminal."""

    def run_verb(*words: object, content: bytes | None = None) -> Result:
        line = [*map(str, words), "--database", str(database)]
        return CliRunner().invoke(program, line, input=content)

    return run_verb


@pytest.fixture
def acme(run: Run) -> Run:
    """Give the same with the organization acme and its projects web (1) and ios (2)."""
    for words in (
        ("org", "create", "acme", "--name", "Acme Corp"),
        ("project", "create", "acme", "web", "--id", "1"),
        ("project", "create", "acme", "ios"),
    ):
        assert run(*words).exit_code == 0
    return run
