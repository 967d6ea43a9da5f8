"""The data of the benchmarks is the same every time, and all of it gets into the engine."""

from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.data import data_files
from benchmarks.loading import main, measure
from engine.engine import Engine

SESSIONS = 3_000


def silent(_done: int, _total: int) -> None:
    """Say nothing."""


def test_data_is_drawn_once_and_loaded_whole(tmp_path: Path) -> None:
    """As many sessions as were asked for are found in the engine, folded, and agree with it."""
    data = data_files(tmp_path, sessions=SESSIONS, progress=silent)
    written = {file: file.stat().st_mtime_ns for file in data.files}
    again = data_files(tmp_path, sessions=SESSIONS, progress=silent)

    outcome = measure(data, tmp_path, progress=silent)

    assert again == data
    assert {file: file.stat().st_mtime_ns for file in again.files} == written
    assert data.sessions == SESSIONS
    assert [course.name for course in outcome.courses] == ["one file", f"{len(data.files)} files"]
    assert outcome.rows == sum(pq.read_metadata(file).num_rows for file in data.files)
    for place in ("round-0", "daily"):
        with Engine.open(tmp_path / place / "engine.duckdb") as engine:
            assert engine.inventory().sessions == data.sessions + data.counted
            assert engine.verify().clean


def test_command_tells_the_ratio(tmp_path: Path) -> None:
    """One line for each number."""
    assert main(["--sessions", "2000", "--output", str(tmp_path)]) == 0
