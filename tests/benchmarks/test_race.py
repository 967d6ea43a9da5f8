"""The race end to end, small: everybody is asked the same of the same rows, and agrees."""

import importlib.util
from pathlib import Path

import orjson
import pytest

from benchmarks.race.__main__ import main
from benchmarks.race.dialects import DUCKDB, HOURLY, HOUSE
from benchmarks.race.questions import QUESTIONS
from benchmarks.race.rounds import HTTP, OURS

FEW = 3_000
CHDB = importlib.util.find_spec("chdb") is not None


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the command once, quickly, against all contestants that are installed."""
    folder = tmp_path_factory.mktemp("race")
    few = ("--sessions", str(FEW), "--rounds", "1", "--output", str(folder))
    status = main([*few, *(() if CHDB else ("--without-chdb",))])

    assert status == 0, (folder / f"race-{FEW}.md").read_text(encoding="utf-8")
    return folder


def test_every_exact_answer_agrees(results: Path) -> None:
    """The engine, the service and exact SQL answer every question with the same numbers."""
    numbers = orjson.loads((results / f"race-{FEW}.json").read_bytes())
    exact = {OURS, HTTP, DUCKDB, *((HOUSE,) if CHDB else ())}

    assert [one["name"] for one in numbers["questions"]] == [one.name for one in QUESTIONS]
    assert [one["differences"] for one in numbers["questions"]] == [[]] * len(QUESTIONS)
    assert all(exact == set(one["seconds"]) - {HOURLY} for one in numbers["questions"])


def test_crowd_and_cold_are_timed(results: Path) -> None:
    """Everybody is also asked by eight at once, and after each database was opened anew."""
    numbers = orjson.loads((results / f"race-{FEW}.json").read_bytes())
    others = {DUCKDB, *((HOUSE, HOURLY) if CHDB else ())}
    cold = numbers["measured"]["cold"]

    assert set(numbers["questions_a_second_by_eight"]) == {OURS, HTTP, *others}
    assert all(numbers["questions_a_second_by_eight"].values())
    assert len(cold) == 4
    assert all(set(one["seconds"]) == {OURS, *others} for one in cold)


@pytest.mark.skipif(not CHDB, reason="the incumbent needs the optional group `race`")
def test_small_counts_of_the_incumbent_are_right(results: Path) -> None:
    """What it counts without estimating is exact; it samples percentiles of many values only."""
    numbers = orjson.loads((results / f"race-{FEW}.json").read_bytes())
    errors = {one["column"]: one for one in numbers["hourly_errors"]}

    assert {"sum(session) errored", "count_unique(user)", "p50(session.duration)"} <= set(errors)
    for one in errors.values():
        assert one["numbers"]["totals"] > 0
        assert one["median_and_greatest_of_totals"][1] < 1e-4


def test_table_is_written(results: Path) -> None:
    """The Markdown has a line for each question, and one for each bar."""
    text = (results / f"race-{FEW}.md").read_text(encoding="utf-8")

    assert all(f"| {shape.name} |" in text for shape in QUESTIONS)
    assert "| answers that differ | 0 | 0 | yes |" in text
    assert "## Answers that differ" not in text


def test_databases_are_kept_and_the_copy_is_not(results: Path) -> None:
    """A second run would find each contestant's file; the service's copy is gone."""
    (home,) = results.glob("data-*")

    assert len(list(home.glob("duckdb-*"))) == 1
    assert ".served" not in {path.suffix for path in home.iterdir()}


def test_disagreement_fails(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that differs, alone or among eight at once, is told, and the command ends with 1."""
    asked = tuple(shape for shape in QUESTIONS if shape.name == "users-daily")
    monkeypatch.setattr("benchmarks.race.__main__.QUESTIONS", asked)
    monkeypatch.setattr("benchmarks.race.rounds.differences", lambda *_: iter(("one number",)))
    monkeypatch.setattr("benchmarks.race.rounds.Start.is_right", lambda *_: False)

    few = ("--sessions", str(FEW), "--rounds", "1", "--output", str(results))
    assert main([*few, "--without-chdb"]) == 1
    text = (results / f"race-{FEW}.md").read_text(encoding="utf-8")
    assert "`users-daily`: DuckDB: one number" in text
    assert "`users-daily`: another answer to eight at once" in text


def test_contestant_that_fails_in_the_crowd_is_told(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cannot bear eight at once has no rate; the race goes on, and says why."""
    asked = tuple(shape for shape in QUESTIONS if shape.name == "users-daily")

    def fail(*_arguments: object, **_named: object) -> None:
        raise ChildProcessError("no memory is left")

    monkeypatch.setattr("benchmarks.race.__main__.QUESTIONS", asked)
    monkeypatch.setattr("benchmarks.race.worker.Worker.ask_all", fail)

    few = ("--sessions", str(FEW), "--rounds", "1", "--output", str(results))
    assert main([*few, "--without-chdb"]) == 0
    text = (results / f"race-{FEW}.md").read_text(encoding="utf-8")
    assert "- DuckDB failed: no memory is left" in text
