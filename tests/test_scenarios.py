"""Every scenario, answered four ways: the rules in plain Python, two engines, and HTTP."""

from pathlib import Path

import pytest

from tests.building import pairs_of
from tests.legs import LEGS
from tests.scenario import Scenario, check, read_all

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


def test_names_are_unique() -> None:
    """A scenario can be run alone by its name, because no two have the same."""
    names = [scenario.name for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)
