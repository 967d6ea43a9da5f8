"""Status, retention, copies and adoption on the command line, with and without a service."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.control import control_file, find_control
from engine.engine import Engine
from tests.api.cli.conftest import Run
from tests.api.cli.test_serve import START_SECONDS, command, environment
from tests.building import named_uuid

NOW = "2026-03-10T14:25:40Z"


def session(name: str, started: str) -> bytes:
    """Spell one session of the project 1."""
    row = {
        "project_id": 1,
        "session_id": named_uuid(name),
        "started": started,
        "release": "app@1",
        "environment": "prod",
    }
    return json.dumps(row).encode() + b"\n"


@pytest.fixture
def filled(acme: Run) -> Run:
    """Load an old and a new session."""
    content = session("old", "2025-01-01T00:00:00Z") + session("new", "2026-03-10T00:00:00Z")
    assert acme("load", "-", content=content).exit_code == 0
    return acme


@contextmanager
def serving(database: Path, *words: object) -> Iterator[subprocess.Popen[str]]:
    """Serve a database on a free port until the end of the block."""
    with subprocess.Popen(
        command("serve", "--database", database, "--port", 0, *words),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("serving")
            yield process
        finally:
            process.kill()


def test_status_of_a_database(filled: Run) -> None:
    """What it holds, in lines for people and as JSON for programs."""
    lines = dict(
        line.split("\t", 1) for line in filled("status").stdout.splitlines() if line[0] != "\t"
    )
    read = json.loads(filled("status", "--json").stdout)

    assert lines["sessions"] == "2"
    assert (lines["oldest day"], lines["newest day"]) == ("2025-01-01", "2026-03-10")
    assert lines["serving"] == "no"
    assert (read["updates"], read["organizations"], read["projects"]) == (2, 1, 2)
    assert read["file_bytes"] > 0
    assert read["last"] == {}


def test_old_sessions_are_deleted_by_hand(filled: Run) -> None:
    """Steps are told; `status` says when; an organization that keeps for ever is left alone."""
    kept = filled("org", "retention", "acme", "--days", "forever")
    nothing = filled("expire", "--now", NOW)
    default = filled("org", "retention", "acme", "--days", "default")
    done = filled("expire", "--now", NOW)
    status = json.loads(filled("status", "--json").stdout)

    assert kept.stdout == "sessions of acme are kept for ever\n"
    assert nothing.stdout == "deleted 0 rows of sessions and 0 of updates, forgot 0 users\n"
    assert default.stdout == "sessions of acme are kept as long as the settings say\n"
    assert done.stdout == (
        "project 1, before 2025-01-04: 1 rows of sessions and 1 of updates\n"
        "deleted 1 rows of sessions and 1 of updates, forgot 0 users\n"
    )
    assert status["sessions"] == 1
    assert status["last"]["retention"]["ended"] == "2026-03-10T14:25:40+00:00"


@pytest.mark.parametrize("days", ["0", "-1", "soon", "36501", "1.5", "1000000000000"])
def test_days_that_cannot_be_are_refused(acme: Run, days: str) -> None:
    """With what they may be."""
    result = acme("org", "retention", "acme", "--days", days)

    assert result.exit_code == 2
    assert acme("org", "list").stdout.endswith("\tdefault\n")


def test_days_are_listed(acme: Run) -> None:
    """A number, or a word."""
    assert acme("org", "retention", "acme", "--days", "30").exit_code == 0
    assert acme("org", "list").stdout == "1\tacme\tAcme Corp\t30\n"
    assert acme("org", "retention", "acme", "--days", "forever").exit_code == 0
    assert acme("org", "list").stdout == "1\tacme\tAcme Corp\tforever\n"


def test_stage_is_computed_until_it_is_set(filled: Run) -> None:
    """What is set by hand counts until `--computed`."""
    words = ("release", "stage", "acme", "web", "app@1", "prod")

    assert "is of low adoption in prod" in filled(*words).stdout
    assert (
        filled(*words, "--computed").stdout
        == "how far app@1 is adopted in prod is computed again\n"
    )
    assert filled(*words, "--computed", "--adopted", NOW).exit_code == 2


def test_backup_and_restore_without_a_service(filled: Run, tmp_path: Path) -> None:
    """Nothing is overwritten, and what comes back is what there was."""
    copy, again = tmp_path / "copy.duckdb", tmp_path / "again.duckdb"
    made = filled("backup", copy)
    twice = filled("backup", copy)
    over = filled("restore", copy)
    from_copy = subprocess.run(
        command("restore", copy, "--database", again),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    with Engine.open(again) as engine:
        sessions = engine.inventory().sessions

    assert made.stdout.startswith(f"backup {copy}: 2 rows of sessions, ")
    assert (twice.exit_code, over.exit_code) == (1, 1)
    assert f"{copy} exists, and nothing is overwritten" in twice.stderr
    assert "exists, and nothing is overwritten" in over.stderr
    assert from_copy.stdout.startswith(f"restored {again}: 2 rows of sessions, ")
    assert sessions == 2


def test_service_is_asked(filled: Run, database: Path, tmp_path: Path) -> None:
    """While one runs it answers `status` and makes the backup; old sessions go by themselves."""
    copy = tmp_path / "copy.duckdb"
    with serving(database) as process:
        secret_mode = control_file(database).stat().st_mode & 0o777
        made = filled("backup", copy)
        status = json.loads(filled("status", "--json").stdout)
        twice = filled("backup", copy)
        process.send_signal(signal.SIGTERM)
        ended = process.wait(START_SECONDS)
        assert process.stderr is not None
        log = process.stderr.read()

    assert made.stdout.startswith(f"backup {copy}: ")
    assert f"{copy} exists, and nothing is overwritten" in twice.stderr
    assert status["serving"] is True
    assert (status["queued_rows"], status["accepted"], status["rejected"]) == (0, 0, {})
    assert status["last"]["backup"]["result"].endswith(f"bytes in {copy}")
    assert secret_mode == 0o600
    assert ended == 0
    assert "deleted what is too old" in log
    assert not control_file(database).exists()


def test_killed_service_leaves_nothing_in_the_way(filled: Run, database: Path) -> None:
    """The file it left is seen through; the next start says what it had to mend."""
    with serving(database, "--now", NOW) as process:
        filled("status")
        process.send_signal(signal.SIGKILL)
        process.wait(START_SECONDS)
    left = find_control(database)
    status = filled("status")

    assert left is not None
    assert "serving\tno" in status.stdout


def test_stop_while_somebody_dawdles_is_bounded(filled: Run, database: Path) -> None:
    """A connection that sends nothing does not keep the service alive."""
    import socket  # noqa: PLC0415  (only here)

    with serving(database, "--now", NOW) as process:
        control = find_control(database)
        assert control is not None
        port = int(control.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(b"POST /api/1/envelope/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
            process.send_signal(signal.SIGINT)
            ended = process.wait(START_SECONDS)

    assert ended == 0
    assert filled("verify").exit_code == 0
