"""Killing the process at any moment loses nothing that was acknowledged, and invents nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from tests.building import open_engine

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "5"))
START_SECONDS = 60
LONGEST_LIFE_SECONDS = 2.0


def write_and_die(database: Path, said: Path, *, life_seconds: float) -> None:
    """Let a writer work for a while after its first acknowledgement, and kill it."""
    command = [sys.executable, "-m", "tests.crash.writer", str(database)]
    with said.open("wb") as output, subprocess.Popen(command, cwd=ROOT, stdout=output) as writer:
        deadline = time.monotonic() + START_SECONDS
        while b"=" not in said.read_bytes():
            assert writer.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(life_seconds)
        writer.send_signal(signal.SIGKILL)


def said_with(mark: str, text: str) -> set[str]:
    """Give the ids of all whole lines with a mark."""
    lines = text.splitlines(keepends=True)
    return {line[1:-1] for line in lines if line.startswith(mark) and line.endswith("\n")}


def stored(database: Path) -> Counter[str]:
    """Count the rows of each session."""
    with duckdb.connect(str(database)) as connection:
        rows = connection.execute("SELECT CAST(session_id AS VARCHAR) FROM sessions").fetchall()
    return Counter(session_id for (session_id,) in rows)


@pytest.mark.timeout(120 + 20 * ROUNDS)
def test_acknowledged_sessions_outlive_the_process(tmp_path: Path) -> None:
    """After each of many deaths the file opens, and holds every acknowledged session once."""
    database = tmp_path / "sessions.duckdb"
    draw = random.Random()  # noqa: S311  (moments to die, not secrets)
    begun: set[str] = set()
    acknowledged: set[str] = set()

    for number in range(ROUNDS):
        said = tmp_path / f"said-{number}"
        write_and_die(database, said, life_seconds=draw.uniform(0, LONGEST_LIFE_SECONDS))
        text = said.read_text()
        begun |= said_with("+", text)
        acknowledged |= said_with("=", text)
        with open_engine(database) as engine:
            verdict = engine.verify()
        found = stored(database)

        assert verdict.clean
        assert acknowledged - set(found) == set()
        assert set(found) - begun == set()
        assert set(found.values()) == {1}
