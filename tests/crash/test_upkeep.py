"""Killed in the middle of upkeep, a file holds what it held, or what upkeep should make of it."""

import os
import shutil
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from operator import ge
from pathlib import Path

import pytest

from tests.crash.comparison import which
from tests.crash.service import Service, command, environment, finished, serving
from tests.crash.trial import Trial, new_trial, seed, wait_until
from tests.crash.world import DAY, World
from tests.crash.writer import Writer

ROUNDS = max(2, int(os.environ.get("CRASH_ROUNDS", "25")) // 12)
ENVELOPES = 40
LONGEST_LIFE_SECONDS = 0.8
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


@pytest.mark.timeout(300)
def test_retention_is_killed(trial: Trial, tmp_path: Path) -> None:
    """Of each project all that is too old is gone with its updates, or nothing yet."""
    limit = trial.until // DAY * DAY
    now = datetime.fromtimestamp(limit + DAY, UTC).isoformat()
    words = ("expire", "--now", now, "--database")

    def worlds(writer: Writer) -> tuple[World, World]:
        return writer.world, writer.world.since(limit)

    def known(one: Trial) -> list[int]:
        with serving(one.database, one.access, log=one.log) as service:
            return which(service, one.writers, worlds, until=one.until)

    whole = copied(trial, tmp_path / "whole")
    usual = seconds_of(*words, whole.database, retention_days=1)
    assert set(known(whole)) == {1}
    for number in range(ROUNDS):
        one = copied(trial, tmp_path / str(number))
        kill_within(one, usual, *words, one.database, retention_days=1)
        found = known(one)
        one.check_file()
        assert len(set(found[::2])) == len(set(found[1::2])) == 1
        seconds_of(*words, one.database, retention_days=1)
        assert set(known(one)) == {1}


def check_backup(trial: Trial, backup: Path, *, least: list[int]) -> None:
    """Put a backup back, and find the first envelopes of each app in it, at least so many."""
    database = backup.with_name(f"{backup.name}.restored")
    seconds_of("restore", backup, "--database", database)
    with serving(database, trial.access, log=trial.log) as service:
        found = which(service, trial.writers, Writer.worlds, until=trial.until)
    assert all(map(ge, found, least))


def sent(trial: Trial) -> list[int]:
    """Count the envelopes of each app that are known to be kept."""
    return [len(writer.history) for writer in trial.writers]


@pytest.mark.timeout(300)
def test_backup_is_killed(trial: Trial, tmp_path: Path) -> None:
    """There is no backup of that name, or a whole one; the file itself is as it was."""
    words = ("--database", trial.database)
    usual = seconds_of("backup", tmp_path / "whole", *words)
    for number in range(ROUNDS):
        backup = tmp_path / f"backup-{number}"
        kill_within(trial, usual, "backup", backup, *words)
        if not backup.exists():
            seconds_of("backup", backup, *words)
        check_backup(trial, backup, least=sent(trial))
    trial.check_end()


@pytest.mark.timeout(300)
def test_backup_under_load(trial: Trial, tmp_path: Path) -> None:
    """It holds all of before it began, and no part of an envelope."""
    with trial.serving() as service:
        trial.write(service, version=1)
        trial.pause(LONGEST_LIFE_SECONDS)
        least = sent(trial)
        seconds_of("backup", tmp_path / "backup", "--database", trial.database)
        trial.stop_writing()
        assert service.terminate() == 0
    check_backup(trial, tmp_path / "backup", least=least)


@pytest.mark.timeout(300)
def test_service_is_killed_in_a_backup(trial: Trial, tmp_path: Path) -> None:
    """The file has everything acknowledged; a backup is whole, or has no name yet."""
    words = ("--database", trial.database)
    usual = seconds_of("backup", tmp_path / "whole", *words)
    for number in range(ROUNDS):
        backup = tmp_path / f"backup-{number}"
        with trial.serving() as service, trial.log.open("a") as log:
            trial.write(service, version=number)
            least = sent(trial)
            with subprocess.Popen(
                command("backup", backup, *words), env=environment(), stdout=log, stderr=log
            ):
                time.sleep(usual * trial.draw.uniform(EARLIEST_SHARE, 1))
                service.kill()
                trial.broken_off()
        if backup.exists():
            check_backup(trial, backup, least=least)
    trial.check_end()
