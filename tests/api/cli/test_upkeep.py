"""Verifying and rebuilding on the command line."""

from pathlib import Path

import duckdb

from tests.api.cli.conftest import Run
from tests.building import named_uuid


def test_disagreement_is_told_and_mended(acme: Run, database: Path) -> None:
    """The rows are named on standard error, and the exit code is 1 until they are mended."""
    one = f'{{"project_id": 1, "session_id": "{named_uuid("a")}", "started": 1770000000}}'
    assert acme("load", "-", content=one.encode()).exit_code == 0
    fine = acme("verify")
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "INSERT INTO folded_sessions SELECT * REPLACE (4 AS outcome) FROM sessions"
        )
        connection.execute("UPDATE session_updates SET alone = false")
    wrong = acme("verify")
    mended = acme("rebuild")

    assert (fine.exit_code, fine.stdout) == (0, "sessions and updates agree\n")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert f"surplus: project 1, {named_uuid('a')}, started 2026-02-02T02:40:00Z, crashed" in (
        wrong.stderr
    )
    assert "1 rows are missing and 1 should not be there" in wrong.stderr
    assert mended.stdout == "rebuilt 1 rows of sessions\n"
    assert acme("verify").exit_code == 0
