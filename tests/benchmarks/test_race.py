"""The race end to end, small: every contestant answers, and their answers are the same."""

from pathlib import Path

import orjson
import pytest

from benchmarks.__main__ import main
from benchmarks.shapes import SHAPES

FEW = 2_000


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the command once, quickly."""
    folder = tmp_path_factory.mktemp("race")
    status = main(["--quick", "--sessions", str(FEW), "--output", str(folder)])

    assert status == 0, (folder / "race.md").read_text(encoding="utf-8")
    return folder


def test_every_answer_agrees(results: Path) -> None:
    """Ours, plain SQL's and the service's answers are the same, for all twelve questions."""
    numbers = orjson.loads((results / "race.json").read_bytes())

    assert [one["name"] for one in numbers["questions"]] == [shape.name for shape in SHAPES]
    assert [one["differences"] for one in numbers["questions"]] == [[]] * len(SHAPES)
    assert all(one["http_seconds"] for one in numbers["questions"])


def test_table_is_written(results: Path) -> None:
    """The Markdown table has a line for each question."""
    text = (results / "race.md").read_text(encoding="utf-8")

    assert all(f"| {shape.name} |" in text for shape in SHAPES)


def test_database_is_kept_and_the_copy_is_not(results: Path) -> None:
    """A second run would find the demo; nothing else is left but results and the log."""
    endings = {path.suffix for path in results.iterdir()}

    assert len(list(results.glob("demo-*.duckdb"))) == 1
    assert endings <= {".duckdb", ".json", ".md", ".png", ".log"}
