"""The first question after opening: each database opened anew, each question the first one.

Owns which questions are asked. The system's cache of files is left as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.race import duck, house, ours
from benchmarks.race.dialects import DUCKDB, HOURLY, HOUSE
from benchmarks.race.field import Files, Progress
from benchmarks.race.rounds import OURS, Start
from benchmarks.race.worker import first_answer, in_own_process

_ASKED = ("session-health", "users-daily", "crash-free-by-release", "percentiles-daily")
"""One of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold:
    """One question: by contestant, the seconds of opening, and of the answer after it."""

    name: str
    seconds: Mapping[str, tuple[float, float]]


def run(files: Files, starts: Sequence[Start], *, progress: Progress) -> tuple[Cold, ...]:
    """Open everybody anew for each question; nobody else may have the databases open."""
    asked = [start for start in starts if start.shape.name in _ASKED]
    found = []
    for done, start in enumerate(asked, start=1):
        found.append(Cold(name=start.shape.name, seconds=_seconds(files, start)))
        progress(done, len(asked))
    return tuple(found)


def _seconds(files: Files, start: Start) -> dict[str, tuple[float, float]]:
    seconds = {
        OURS: in_own_process(ours.first_answer, files.ours, start.shape),
        DUCKDB: in_own_process(first_answer, duck.open_file, files.duck, DUCKDB, start.asked),
    }
    if files.house is not None:
        for name in (HOUSE, HOURLY):
            seconds[name] = in_own_process(
                first_answer, house.House, files.house, name, start.asked
            )
    return seconds
