"""The questions of the race: each has a name of its own, and HTTP is asked what the engine is."""

from urllib.parse import parse_qs, urlsplit

import pytest

from benchmarks.race.questions import KINDS, QUESTIONS, Kind
from benchmarks.shapes import Shape


def test_questions_are_told_apart() -> None:
    """Twelve shapes of real callers, and twelve questions bare and with filters; no two alike."""
    kinds = [KINDS[shape.name] for shape in QUESTIONS]

    assert len(KINDS) == len({shape.address() for shape in QUESTIONS}) == len(QUESTIONS) == 60
    assert kinds.count(Kind.SHAPE) == 12


@pytest.mark.parametrize("shape", QUESTIONS, ids=lambda shape: shape.name)
def test_address_spells_the_request(shape: Shape) -> None:
    """HTTP is asked the very same question as the engine."""
    parts = urlsplit(shape.address())
    pairs = parse_qs(parts.query)

    assert parts.path == f"/api/0/organizations/{shape.organization}/sessions/"
    assert tuple(pairs["field"]) == shape.request.fields
    assert tuple(pairs.get("groupBy", ())) == shape.request.groups
    assert tuple(pairs.get("project", ())) == shape.request.projects
    assert tuple(pairs.get("environment", ())) == shape.request.environments
    assert pairs.get("query", [""]) == [shape.request.query]
    assert pairs["statsPeriod"] == [shape.request.period]
