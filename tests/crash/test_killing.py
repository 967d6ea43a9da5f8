"""Killing the service at any moment loses nothing that was acknowledged, and invents nothing."""

import os
import time
from pathlib import Path

import pytest

from tests.crash.service import started
from tests.crash.trial import Trial, new_trial, seed

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "25"))
ROUNDS_OF_A_FILE = 25
ROUNDS_OF_A_VERSION = 3
SHORT_LIFE_SECONDS = 0.8
LONG_LIFE_SECONDS = 4.0
SHARE_OF_LONG_LIVES = 0.2
"""Long enough for the service to begin with what it does in the background."""
LONGEST_START_SECONDS = 1.6
SHORT_LOG_BYTES = 2**16
SHORT_LOG_ROUNDS = 5
SHARE_OF_STILLBORN = 0.25


def live(trial: Trial, *, version: int) -> None:
    """Let the service come up, be asked and be written to, and kill it."""
    with trial.serving() as service:
        trial.write(service, version=version)
        long = trial.draw.random() < SHARE_OF_LONG_LIVES
        trial.pause(LONG_LIFE_SECONDS if long else SHORT_LIFE_SECONDS)
        service.kill()
        trial.broken_off()


def die_while_starting(trial: Trial) -> None:
    """Kill the service while it starts and recovers, or when it has just done so."""
    with started(trial.database, trial.log, settings=trial.settings) as process:
        time.sleep(trial.draw.uniform(0, LONGEST_START_SECONDS))
        process.kill()


@pytest.mark.timeout(120 + 10 * ROUNDS_OF_A_FILE)
@pytest.mark.parametrize("first", range(0, ROUNDS, ROUNDS_OF_A_FILE))
def test_acknowledged_sessions_outlive_the_service(tmp_path: Path, first: int) -> None:
    """After each of many deaths the file opens, and everything acknowledged counts once.

    It is asked for by hour and by day, sessions and users, buckets and totals.
    """
    trial = new_trial(tmp_path, seed() + first)
    for number in range(min(ROUNDS_OF_A_FILE, ROUNDS - first)):
        if trial.draw.random() < SHARE_OF_STILLBORN:
            die_while_starting(trial)
        live(trial, version=number // ROUNDS_OF_A_VERSION)

    with trial.serving() as service:
        trial.pause(LONG_LIFE_SECONDS)
        trial.compare(service)
    trial.check_end()
    assert trial.acknowledged


@pytest.mark.timeout(300)
def test_killed_while_the_log_is_written_over(tmp_path: Path) -> None:
    """The same where the log is written over into the file all the time, beside the commits."""
    trial = new_trial(tmp_path, seed(), log_bytes=SHORT_LOG_BYTES)
    for _ in range(SHORT_LOG_ROUNDS):
        live(trial, version=0)

    trial.check_end()
    assert trial.acknowledged
