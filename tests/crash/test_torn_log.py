"""A log of DuckDB that ends at any byte: what was written before that byte is there.

A machine that loses power can leave a file shorter than it was; DuckDB writes what is new to a log
beside the database first.
"""

import shutil
from dataclasses import replace
from itertools import pairwise
from operator import le
from pathlib import Path

import pytest

from tests.crash.comparison import which
from tests.crash.service import complaints, serving
from tests.crash.trial import Trial, new_trial, seed, wait_until
from tests.crash.writer import Writer

CUTS = 4
ENVELOPES = 60


def log_of(database: Path) -> Path:
    """Name the log beside a database."""
    return database.with_name(f"{database.name}.wal")


def cut_copy(trial: Trial, folder: Path, size: int) -> Path:
    """Copy the database with the first bytes of its log."""
    folder.mkdir()
    copy = folder / trial.database.name
    shutil.copyfile(trial.database, copy)
    log_of(copy).write_bytes(log_of(trial.database).read_bytes()[:size])
    return copy


@pytest.mark.timeout(300)
def test_log_that_ends_anywhere(tmp_path: Path) -> None:
    """The service starts and knows the first so many envelopes of each app, and no part of one."""
    trial = new_trial(tmp_path, seed())
    with trial.serving() as service:
        trial.write(service)
        assert wait_until(lambda: trial.acknowledged >= ENVELOPES)
        service.kill()
        trial.broken_off()
    size = log_of(trial.database).stat().st_size
    cuts = sorted(trial.draw.randrange(size) for _ in range(CUTS))
    assert size

    known = []
    for number, cut in enumerate(cuts):
        copy = cut_copy(trial, tmp_path / str(number), cut)
        with serving(copy, trial.access, log=trial.log) as service:
            known.append(which(service, trial.writers, Writer.worlds, until=trial.until))
            assert service.terminate() == 0
        replace(trial, database=copy).check_file()

    for fewer, more in pairwise(known):
        assert all(map(le, fewer, more))
    assert complaints(trial.log) == []
