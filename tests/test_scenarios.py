"""Every scenario, answered four ways: the rules in plain Python, two engines, and HTTP."""

from pathlib import Path

import pytest

from tests.building import pairs_of
from tests.comparison import check
from tests.legs import LEGS
from tests.scenario import BadScenario, Scenario, read_all, read_file

SCENARIOS = read_all()


@pytest.mark.parametrize("leg", LEGS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_written_answer_is_given(scenario: Scenario, leg: str, tmp_path: Path) -> None:
    """Each of the four legs gives exactly the answers that the scenario has written down."""
    with LEGS[leg](scenario.world(), tmp_path) as ask:
        for expected in scenario.evals:
            pairs = pairs_of(expected.line)
            query = dict(pairs).get("query", "")
            check(ask(pairs), expected, query)


@pytest.mark.parametrize(
    "text",
    ["load\n  user\n  u1\n", "scenario a\nlaod\n", "scenario a\nload\n  user seq\n  u1\n"],
    ids=["before the first scenario", "misspelt directive", "a cell is missing"],
)
def test_a_malformed_scenario_is_refused(text: str, tmp_path: Path) -> None:
    """A slip in a scenario file is an error with its place, never a test that tests nothing."""
    path = tmp_path / "slip.test"
    path.write_text(text, "utf-8")

    with pytest.raises(BadScenario, match=r"slip\.test:"):
        read_file(path)


def test_a_wrong_answer_is_told_from_the_written_one(tmp_path: Path) -> None:
    """A reply that is not what is written fails: numbers, groups, and refusals alike."""
    path = tmp_path / "wrong.test"
    lines = ["{}\n    sum(session)  1  |  0  1", "no groups", "fail 400 no", "buckets 3"]
    ask = "eval statsPeriod=1d&interval=1d&field=sum(session)\n"
    path.write_text("scenario a\n" + "".join(f"{ask}  {line}\n" for line in lines), "utf-8")
    (scenario,) = read_file(path)

    with LEGS["oracle"](scenario.world(), tmp_path) as asker:
        for expected in scenario.evals:
            with pytest.raises(AssertionError, match=expected.place):
                check(asker(pairs_of(expected.line)), expected, "")


def test_names_are_unique() -> None:
    """A scenario can be run alone by its name, because no two have the same."""
    names = [scenario.name for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)
