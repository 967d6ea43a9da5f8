"""A disk without room: what was acknowledged stays, the rest is refused, and room is enough."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.crash.service import Service
from tests.crash.shortage import Shortage, small_disk, small_files
from tests.crash.trial import Trial, new_trial, seed, wait_until

Making = Callable[[Path], AbstractContextManager[Shortage]]

SHORTAGES = pytest.mark.parametrize("making", [small_disk, small_files])
LITTLE_BYTES = 200_000
LOG_BYTES = 2 * 2**20
OVERFLOWING_LOG_BYTES = 4 * LOG_BYTES
"""A log of the first size is written over where there is room; of the second, in a commit."""


def log_bytes(trial: Trial) -> int:
    """Tell how large the log beside the database is."""
    log = trial.database.with_name(f"{trial.database.name}.wal")
    return log.stat().st_size if log.exists() else 0


def refusals(trial: Trial) -> list[bytes]:
    """Give the bodies of all refusals so far."""
    return [body for writer in trial.writers for body in writer.refused]


def fill_and_write(trial: Trial, service: Service, shortage: Shortage, *, leave: int) -> None:
    """Write, take the room away once all of it shows, and write on."""
    trial.write(service)
    trial.pause(0.5)
    trial.stop_writing()
    trial.compare_soon(service)
    shortage.fill(service, leave=leave)
    trial.write(service)


def run_out_and_recover(trial: Trial, service: Service, shortage: Shortage, *, leave: int) -> None:
    """Send until there is no room, ask meanwhile, make room, and go on sending."""
    before = len(refusals(trial))
    fill_and_write(trial, service, shortage, leave=leave)
    assert wait_until(lambda: len(refusals(trial)) > before + len(trial.writers))
    trial.stop_writing()
    trial.compare_soon(service)
    shortage.relieve(service)
    acknowledged = trial.acknowledged
    trial.write(service)
    assert wait_until(lambda: trial.acknowledged > acknowledged + len(trial.writers))
    trial.stop_writing()
    trial.compare_soon(service)


@SHORTAGES
@pytest.mark.timeout(180)
def test_no_room_for_the_log(tmp_path: Path, making: Making) -> None:
    """Senders are told to come back, questions are answered, and room is enough to go on."""
    with making(tmp_path) as shortage:
        trial = new_trial(tmp_path, seed(), database=shortage.place / "sessions.duckdb")
        with trial.serving() as service:
            run_out_and_recover(trial, service, shortage, leave=LITTLE_BYTES)
            service.kill()

        trial.check_end()


@pytest.mark.timeout(180)
def test_no_room_to_write_the_log_over(tmp_path: Path) -> None:
    """The store that DuckDB gives up then is opened again; nothing else is different."""
    with small_disk(tmp_path) as shortage:
        place = shortage.place / "sessions.duckdb"
        trial = new_trial(tmp_path, seed(), database=place, log_bytes=LOG_BYTES)
        for writer in trial.writers:
            writer.teller.counts_only = True
        with trial.serving() as service:
            trial.write(service)
            assert wait_until(lambda: log_bytes(trial) > LOG_BYTES // 2, most=60)
            trial.stop_writing()
            leave = OVERFLOWING_LOG_BYTES - log_bytes(trial) + LITTLE_BYTES
            run_out_and_recover(trial, service, shortage, leave=leave)

        trial.check_end()


@SHORTAGES
@pytest.mark.timeout(180)
def test_started_and_stopped_without_room(tmp_path: Path, making: Making) -> None:
    """Neither the end in order nor the next start needs room."""
    with making(tmp_path) as shortage:
        trial = new_trial(tmp_path, seed(), database=shortage.place / "sessions.duckdb")
        with trial.serving() as service:
            fill_and_write(trial, service, shortage, leave=LITTLE_BYTES)
            assert wait_until(lambda: bool(refusals(trial)))
            trial.stop_writing()
            assert service.terminate() == 0
        with trial.serving() as service:
            run_out_and_recover(trial, service, shortage, leave=0)

        trial.check_end()


@SHORTAGES
@pytest.mark.timeout(180)
def test_room_goes_under_load(tmp_path: Path, making: Making) -> None:
    """What was acknowledged a moment before the room went is kept, and shows once there is some."""
    with making(tmp_path) as shortage:
        trial = new_trial(tmp_path, seed(), database=shortage.place / "sessions.duckdb")
        with trial.serving() as service:
            trial.write(service)
            trial.pause(0.5)
            shortage.fill(service, leave=LITTLE_BYTES)
            assert wait_until(lambda: len(refusals(trial)) > len(trial.writers))
            trial.stop_writing()
            assert service.get("/health")[0] == 200
            shortage.relieve(service)
            trial.compare_soon(service)
            service.kill()

        trial.check_end()
