"""Being told to stop, being held, and being started twice: nothing acknowledged is lost by any."""

import signal
import time
from collections.abc import Sequence
from operator import gt
from pathlib import Path

import pytest

from tests.crash.service import finished
from tests.crash.trial import new_trial, seed, wait_until
from tests.crash.writer import Writer

ROUNDS = 3
LONGEST_LIFE_SECONDS = 0.8
HELD_SECONDS = 2.0
IN_USE = "is in use by another process, most likely a running service"


def heard(writers: Sequence[Writer]) -> list[int]:
    """Count the acknowledgements of each."""
    return [writer.acknowledged for writer in writers]


@pytest.mark.timeout(180)
def test_told_to_stop_under_load(tmp_path: Path) -> None:
    """It ends with 0, everybody gets an answer or loses the connection, and all is there again."""
    trial = new_trial(tmp_path, seed())
    for number in range(ROUNDS):
        with trial.serving() as service:
            trial.write(service, version=number)
            trial.pause(LONGEST_LIFE_SECONDS)
            assert service.terminate() == 0
            trial.broken_off()
        assert not trial.database.with_name(f"{trial.database.name}.wal").exists()

    trial.check_end()
    assert trial.acknowledged


@pytest.mark.timeout(180)
def test_held_and_let_go(tmp_path: Path) -> None:
    """Some senders give up on a service that was suspended; it goes on with the patient ones."""
    trial = new_trial(tmp_path, seed())
    hasty, patient = trial.writers[::2], trial.writers[1::2]
    for writer in hasty:
        writer.patience_seconds = HELD_SECONDS / 4
    with trial.serving() as service:
        trial.write(service)
        trial.pause(LONGEST_LIFE_SECONDS)
        service.process.send_signal(signal.SIGSTOP)
        for writer in hasty:
            writer.join()
        time.sleep(HELD_SECONDS)
        before = heard(patient)
        service.process.send_signal(signal.SIGCONT)
        assert wait_until(lambda: all(map(gt, heard(patient), before)))
        trial.stop_writing()
        assert service.terminate() == 0

    assert all(writer.under_way for writer in hasty)
    assert not any(writer.under_way for writer in patient)
    trial.check_end()


@pytest.mark.timeout(180)
def test_second_service_on_a_file_is_refused(tmp_path: Path) -> None:
    """It says so and ends; the first one never notices, and no other verb gets at the file."""
    trial = new_trial(tmp_path, seed())
    with trial.serving() as service:
        trial.write(service)
        second = finished("serve", "--database", trial.database, "--port", 0)
        other = finished("rebuild", "--database", trial.database)
        trial.stop_writing()
        trial.compare_soon(service)

    for refused in (second, other):
        assert refused.returncode == 1
        assert IN_USE in refused.stderr
        assert refused.stderr.count("\n") == 1
    assert not any(writer.under_way for writer in trial.writers)
    trial.check_end()
    assert trial.acknowledged
