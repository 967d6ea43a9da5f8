"""The bars: each is judged by its own number, and one that cannot be measured is left out."""

from dataclasses import replace

import pytest

from benchmarks.race.bars import Measured, bars
from benchmarks.race.crowd import Crowd
from benchmarks.race.dialects import DUCKDB, HOURLY
from benchmarks.race.field import Watched
from benchmarks.race.ours import Late
from benchmarks.race.questions import KINDS, QUESTIONS, Kind
from benchmarks.race.rounds import HTTP, OURS, Lap

USERS = next(shape for shape in QUESTIONS if KINDS[shape.name] is Kind.USERS)
LAP = Lap(
    shape=USERS,
    points=91,
    seconds={OURS: (0.02, 0.01, 0.01), HTTP: (0.014,), DUCKDB: (0.4,), HOURLY: (0.05,)},
    first={},
    wrong=(),
    errors=(),
    stages={},
)
MEASURED = Measured(
    sessions=1_000_000,
    load_seconds=8.0,
    our_bytes=40_000_000,
    watched=Watched(start_seconds=1.0, resident_bytes=300_000_000, incumbent_bytes=50_000_000),
    late=Late(seconds=0.5, right=True),
    crowd=Crowd(questions=1, passed={}, wrong=(), failed={}),
    cold=(),
)


def judged(lap: Lap, measured: Measured, *small: Lap) -> dict[str, tuple[str, bool]]:
    """Give what was reached, and whether it is enough, by bar."""
    return {bar.what: (bar.reached, bar.met) for bar in bars((lap,), measured, small)}


def test_each_bar_is_judged_by_its_number() -> None:
    """Medians are compared; ratios have to be reached, sizes and times must not be passed."""
    assert judged(LAP, MEASURED) == {
        "answers that differ": ("0", True),
        "all questions, hourly states": ("5.0x", False),
        "never slower than anybody": (f"5.00x ({USERS.name} against hourly states)", True),
        "distinct users, hourly states": ("5.0x", False),
        "distinct users, DuckDB": ("40.0x", True),
        "HTTP adds, 95th percentile": ("4.0 ms", True),
        "disk": ("40.0 MB", True),
        "resident while answering": ("300.0 MB", True),
        "load": ("125,000 sessions/s", True),
        "late update, other days untouched": ("0.50 s", True),
    }


@pytest.mark.parametrize(("before", "met"), [(0.006, True), (0.004, False)])
def test_growth_is_judged_beside_a_tenth(before: float, met: bool) -> None:  # noqa: FBT001
    """The median over all sessions may be twice that over a tenth of them."""
    small = replace(LAP, seconds={OURS: (before,), HTTP: (before,)})

    assert judged(LAP, MEASURED, small)["growth, a tenth to all, median"][1] is met


def test_contestant_that_is_not_there_has_no_bar() -> None:
    """Without the hourly states there is nothing to be faster or smaller than."""
    alone = replace(LAP, seconds={OURS: (0.01,), HTTP: (0.014,), DUCKDB: (0.4,)})
    watched = replace(MEASURED.watched, incumbent_bytes=None)
    found = judged(alone, replace(MEASURED, watched=watched))

    assert not [what for what in found if HOURLY in what or what == "disk"]
    assert found["distinct users, DuckDB"] == ("40.0x", True)


def test_every_disagreement_counts() -> None:
    """Numbers that differ alone, among eight at once and over fewer sessions are all told."""
    wrong = replace(LAP, wrong=("a number",))
    crowd = Crowd(questions=1, passed={}, wrong=(USERS.name,), failed={})

    assert judged(wrong, replace(MEASURED, crowd=crowd), wrong)["answers that differ"] == (
        "3",
        False,
    )


def test_wrong_late_update_is_not_met() -> None:
    """However fast it was, it has to change its day and no other."""
    late = Late(seconds=0.1, right=False)

    assert not judged(LAP, replace(MEASURED, late=late))["late update, other days untouched"][1]
