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


@pytest.mark.timeout(280)
def test_every_exact_answer_agrees(results: Path) -> None:
    """The engine, the service and exact SQL answer every question with the same numbers."""
    numbers = orjson.loads((results / f"race-{FEW}.json").read_bytes())
    exact = {OURS, HTTP, DUCKDB, *((HOUSE,) if CHDB else ())}

    assert [one["name"] for one in numbers["questions"]] == [one.name for one in QUESTIONS]
    assert [one["differences"] for one in numbers["questions"]] == [[]] * len(QUESTIONS)
    assert all(exact == set(one["seconds"]) - {HOURLY} for one in numbers["questions"])


def test_table_is_written(results: Path) -> None:
    """The Markdown has a line for each question, and one for each bar."""
    text = (results / f"race-{FEW}.md").read_text(encoding="utf-8")

    assert all(f"| {shape.name} |" in text for shape in QUESTIONS)
    assert "| answers that differ | 0 | 0 | yes |" in text


def test_databases_are_kept_and_the_copy_is_not(results: Path) -> None:
    """A second run would find each contestant's file; the service's copy is gone."""
    (home,) = results.glob("data-*")
    endings = {path.suffix for path in home.iterdir()}

    assert len(list(home.glob("duckdb-*"))) == 1
    assert ".served" not in endings


def test_disagreement_fails(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One number that differs from another exact one, and the command ends with 1."""
    monkeypatch.setattr("benchmarks.race.rounds.differences", lambda *_: iter(("one number",)))

    few = ("--sessions", str(FEW), "--rounds", "1", "--output", str(results))
    assert main([*few, "--without-chdb"]) == 1
