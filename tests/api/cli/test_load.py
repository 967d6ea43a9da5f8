"""Loading a file: whole or not at all, twice without harm, and every refusal with its reason."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import parquet
from typer.testing import CliRunner

from api.cli import program
from engine.engine import Engine
from engine.request import Request
from engine.result import Result
from tests.api.cli.conftest import Run

CASES = Path(__file__).parents[1] / "cases"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STARTED = "2026-11-23T04:00:00Z"
UPDATE = {"project_id": 1, "session_id": f"{1:032x}", "started": STARTED}
COUNTED = {"project_id": 1, "started": STARTED, "exited": 5, "crashed": 1}


def ndjson(*rows: Mapping[str, object]) -> bytes:
    """Write rows as NDJSON."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def total(database: Path) -> object:
    """Ask for the number of all sessions."""
    (group,) = answer(database).groups or (None,)
    return 0 if group is None or group.totals is None else group.totals["sum(session)"]


def answer(database: Path, *groups: str) -> Result:
    """Ask for the sessions and the crash-free rate of one day."""
    request = Request(
        fields=("sum(session)", "count_unique(user)"), groups=groups, period="1d", interval="1d"
    )
    with Engine.open(database) as engine:
        return engine.query(request, engine.directory.scope(1), NOW).result


def test_rows_are_loaded_from_standard_input(acme: Run, database: Path) -> None:
    """The report says how many of each kind, and what meant nothing."""
    result = acme("load", "-", content=ndjson(UPDATE, COUNTED, {**UPDATE, "colour": "red"}))

    assert result.exit_code == 0
    assert result.stdout.startswith("loaded 2 updates and 1 pre-counted rows of ndjson in ")
    assert "skipped 0\nignored the columns colour\n" in result.stdout
    assert result.stderr == ""
    assert total(database) == 7


def test_one_bad_row_refuses_the_file(acme: Run, database: Path) -> None:
    """It is named by its line, and nothing is changed."""
    content = ndjson(UPDATE) + b"\nnot json\n" + ndjson({**UPDATE, "project_id": 77})

    result = acme("load", "-", content=content)

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "line 3: not JSON: invalid literal, expected 'null', at column 1",
        "line 4: project_id is 77; it must be the id of an existing project",
        "release-health: 2 rows are bad, and nothing was loaded; --skip-bad loads the other rows",
    ]
    assert total(database) == 0


def test_bad_rows_are_skipped_when_asked(acme: Run, database: Path) -> None:
    """The report says how many, and why."""
    content = ndjson(UPDATE, *({**UPDATE, "seq": -1} for _ in range(25)))

    result = acme("load", "-", "--skip-bad", content=content)

    assert result.exit_code == 0
    assert "skipped 25\n" in result.stdout
    assert result.stderr.splitlines()[0].startswith("skipped line 2: seq is -1; it must be")
    assert result.stderr.splitlines()[-1] == "and skipped 5 more"
    assert total(database) == 1


def test_same_updates_twice_change_no_answer(acme: Run, database: Path) -> None:
    """Updates fold, so there is nothing to ask about."""
    for _ in range(2):
        assert acme("load", "-", content=ndjson(UPDATE)).stdout.startswith("loaded 1 updates")

    assert total(database) == 1


def test_same_counts_twice_are_known_by_their_digest(acme: Run, database: Path) -> None:
    """Counts do not fold: the content is loaded again only when that is asked for."""
    content = ndjson(COUNTED)

    first, second = acme("load", "-", content=content), acme("load", "-", content=content)
    between = total(database)
    again = acme("load", "-", "--again", content=content)

    assert first.stdout.startswith("loaded 0 updates and 1 pre-counted rows")
    assert second.stdout == (
        "this content was loaded before, and nothing was changed; --again loads it anyway\n"
    )
    assert (second.exit_code, between) == (0, 6)
    assert again.stdout.startswith("loaded 0 updates and 1 pre-counted rows")
    assert total(database) == 12


def test_truncated_parquet_changes_nothing(acme: Run, database: Path, tmp_path: Path) -> None:
    """Half a file is refused, not half loaded."""
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.Table.from_pylist([UPDATE] * 100), path)
    path.write_bytes(path.read_bytes()[:-20])

    result = acme("load", path)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"release-health: {path} is damaged or truncated: ")
    assert total(database) == 0


def test_foreign_files_are_refused(acme: Run, tmp_path: Path) -> None:
    """A table of something else, a file of another kind, no file."""
    text = tmp_path / "notes.txt"
    text.write_text("hello")

    missing = acme("load", tmp_path / "missing.ndjson")

    assert "notes.txt is none of ndjson, parquet, arrow" in acme("load", text).stderr
    assert acme("load", text, "--format", "parquet").stderr.endswith(
        "notes.txt is not parquet by its content; it may be truncated\n"
    )
    assert missing.stderr.endswith("missing.ndjson cannot be read: No such file or directory\n")
    assert acme("load", text, "--format", "csv").exit_code == 2


def test_database_of_another_layout_is_refused(acme: Run, database: Path) -> None:
    """It is never guessed at, and not changed."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE release_health_layout SET version = 999")

    result = acme("load", "-", content=ndjson(UPDATE))

    assert result.exit_code == 1
    assert "has layout 999, and this version reads layout" in result.stderr


def test_file_that_is_no_database_is_refused(run: Run, database: Path) -> None:
    """A foreign DuckDB file, a text, a folder."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE mine (a INTEGER)")
    foreign = run("org", "list").stderr
    database.write_text("hello, this is not a database at all" * 200)
    text = run("org", "list").stderr
    database.unlink()
    database.mkdir()
    folder = run("org", "list").stderr

    assert "is a DuckDB file of something else; name another file" in foreign
    assert "is not a database of this service" in text
    assert "is a directory; name a file in it" in folder


def test_place_without_permission_is_told(database: Path) -> None:
    """Below a file there can be no folder, whoever asks."""
    database.write_text("")
    below = database / "below" / "it.duckdb"

    result = CliRunner().invoke(program, ["org", "create", "acme", "--database", str(below)])

    assert result.exit_code == 1
    assert result.stderr == (
        f"release-health: the directory {below.parent} cannot be created: Not a directory\n"
    )


def sdk_rows() -> Iterator[Mapping[str, object]]:
    """Read what real clients sent, as updates and pre-counted rows."""
    for line in (CASES / "sdk_updates.ndjson").read_text().splitlines():
        yield json.loads(line)


def counted_by_hand(key: str) -> Counter[object]:
    """Count sessions per value of a column: each id once, and every pre-counted session."""
    sessions: Counter[object] = Counter()
    seen: set[object] = set()
    for row in sdk_rows():
        if "session_id" not in row:
            counts = (row.get(name, 0) for name in ("exited", "errored", "crashed"))
            sessions[row[key]] += sum(int(str(count)) for count in counts)
        elif str(row["session_id"]).replace("-", "") not in seen:
            seen.add(str(row["session_id"]).replace("-", ""))
            sessions[row[key]] += 1
    return sessions


def test_sessions_of_real_clients_agree_with_their_payloads(acme: Run, database: Path) -> None:
    """Loaded twice and asked, they are counted as by hand."""
    acme("project", "create", "acme", "captured", "--id", "42")
    for _ in range(2):
        assert acme("load", CASES / "sdk_updates.ndjson").exit_code == 0
    users = {row["distinct_id"] for row in sdk_rows() if "distinct_id" in row}

    groups = answer(database, "release").groups
    found = {group.by["release"]: (group.totals or {})["sum(session)"] for group in groups}
    (whole,) = answer(database).groups

    assert found == counted_by_hand("release")
    assert whole.totals == {
        "sum(session)": counted_by_hand("release").total(),
        "count_unique(user)": len(users),
    }
