"""The questions: there are twelve, each also typed as plain SQL, and none asks for nothing."""

from urllib.parse import parse_qs, urlsplit

import pytest

from benchmarks.naive import TYPED
from benchmarks.shapes import SHAPES, Shape

IDS = [shape.name for shape in SHAPES]


def test_each_of_the_twelve_is_typed_too() -> None:
    """Plain SQL has an entry for each question, under its name."""
    assert len(SHAPES) == 12
    assert list(TYPED) == IDS


@pytest.mark.parametrize("shape", SHAPES, ids=IDS)
def test_address_spells_the_request(shape: Shape) -> None:
    """HTTP is asked the very same question as the engine."""
    parts = urlsplit(shape.address())
    pairs = parse_qs(parts.query)

    assert parts.path == f"/api/0/organizations/{shape.organization}/sessions/"
    assert tuple(pairs["field"]) == shape.request.fields
    assert tuple(pairs.get("groupBy", ())) == shape.request.groups
    assert pairs.get("query", [""]) == [shape.request.query]
    assert pairs["statsPeriod"] == [shape.request.period]
