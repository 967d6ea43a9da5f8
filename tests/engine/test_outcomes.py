"""Outcomes: counted by reason from any thread, with a few examples."""

import threading

from engine.outcomes import EXAMPLE_CHARACTERS, Example, Outcomes


def test_reasons_add_up_and_keep_the_last_examples() -> None:
    """Of each reason the five newest examples stay."""
    outcomes = Outcomes()
    for number in range(7):
        outcomes.count("too_old", 2, project_id=1, example=f"example {number}")
    outcomes.count("too_old", 1, project_id=None)
    outcomes.count("malformed", 1, project_id=2, example="x" * 1000)

    assert list(outcomes) == ["too_old", "malformed"]
    assert len(outcomes) == 2
    assert outcomes["too_old"].quantity == 15
    assert outcomes["too_old"].examples == tuple(
        Example(project_id=1, text=f"example {number}") for number in range(2, 7)
    )
    assert len(outcomes["malformed"].examples[0].text) == EXAMPLE_CHARACTERS
    assert dict(outcomes) == outcomes.rejected()


def test_accepted_rows_are_counted_by_project() -> None:
    """Beside what was rejected."""
    outcomes = Outcomes()
    outcomes.accept(3, project_id=1)
    outcomes.accept(4, project_id=1)
    outcomes.accept(5, project_id=2)

    assert outcomes.accepted() == {1: 7, 2: 5}
    assert "too_old" not in outcomes


def test_no_count_is_lost_between_threads() -> None:
    """Many threads count at once."""
    outcomes = Outcomes()

    def work() -> None:
        for _ in range(500):
            outcomes.count("malformed", 1, project_id=1, example="e")
            outcomes.accept(1, project_id=1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes["malformed"].quantity == 4000
    assert outcomes.accepted() == {1: 4000}
