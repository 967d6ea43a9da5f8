"""Killed in the middle of upkeep, a file holds what it held, or what upkeep should make of it."""

import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.service import Service, command, environment, finished
from tests.crash.trial import Trial, new_trial, seed, wait_until

ROUNDS = max(2, int(os.environ.get("CRASH_ROUNDS", "25")) // 12)
ENVELOPES = 40
EARLIEST_SHARE = 0.4
"""Before this share of its time a command has not even opened the file."""


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Have a file with so much in it that work on it takes a while."""
    made = new_trial(tmp_path, seed())
    with made.serving() as service:
        write_some(made, service, counts_only=True)
        write_some(made, service, counts_only=False)
        assert service.terminate() == 0
    return made


def write_some(trial: Trial, service: Service, *, counts_only: bool) -> None:
    """Let the apps send for a while."""
    enough = trial.acknowledged + ENVELOPES
    for writer in trial.writers:
        writer.teller.counts_only = counts_only
    trial.write(service)
    assert wait_until(lambda: trial.acknowledged > enough, most=60)
    trial.stop_writing()


def copied(trial: Trial, folder: Path) -> Trial:
    """Give the trial another copy of its file."""
    folder.mkdir()
    database = folder / trial.database.name
    shutil.copyfile(trial.database, database)
    return replace(trial, database=database)


def seconds_of(*words: object, **settings: object) -> float:
    """Run a command to its end; give how long that took."""
    began = time.perf_counter()
    done = finished(*words, **settings)
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - began


def kill_within(trial: Trial, seconds: float, *words: object, **settings: object) -> None:
    """Run a command and kill it at a moment of its work."""
    with (
        trial.log.open("a") as log,
        subprocess.Popen(
            command(*words), env=environment(**settings), stdout=log, stderr=log
        ) as process,
    ):
        time.sleep(seconds * trial.draw.uniform(EARLIEST_SHARE, 1))
        process.kill()


@pytest.mark.timeout(300)
def test_rebuild_is_killed(trial: Trial, tmp_path: Path) -> None:
    """The old sessions are still there, or the new ones, which are the same."""
    usual = seconds_of("rebuild", "--database", copied(trial, tmp_path / "whole").database)
    for number in range(ROUNDS):
        one = copied(trial, tmp_path / str(number))
        kill_within(one, usual, "rebuild", "--database", one.database)
        one.check_end()
