"""The engine against the rules in plain Python, on random rows and random requests."""

from pathlib import Path

import pytest
from hypothesis import given

from tests.comparison import same
from tests.legs import LEGS, Leg, Reply, oracle
from tests.property.profile import ONE_ENGINE
from tests.property.strategies import Asking, askings

NOWHERE = Path()
SOURCES = pytest.mark.parametrize("source", ["memory", "sessions", "built", "half built"])
"""Derived tables that have yet to be built, are not to be asked, are built, or in part."""


class TestTheEngineIsTheOracle:
    """The answer is what the documented rules say, for every set of rows and every request."""

    @SOURCES
    @ONE_ENGINE
    @given(asking=askings())
    def test_both_give_one_answer(self, source: str, asking: Asking) -> None:
        """Status, body, order of groups and keys, refusal texts and pages are the same."""
        compare(asking, LEGS[source])

    @SOURCES
    @ONE_ENGINE
    @given(asking=askings(points=3))
    def test_both_give_one_answer_where_little_fits(self, source: str, asking: Asking) -> None:
        """The same holds where the groups are too many to be read whole, and storage pages them."""
        compare(asking, LEGS[source])


def compare(asking: Asking, engine: Leg) -> None:
    """Ask both the same questions, and compare all that they say."""
    with (
        oracle(asking.world, NOWHERE) as ask_oracle,
        engine(asking.world, NOWHERE) as ask_engine,
    ):
        for pairs in asking.requests:
            wanted, got = ask_oracle(pairs), ask_engine(pairs)

            assert got.status == wanted.status, (pairs, got.body, wanted.body)
            assert same(got.body, wanted.body), (pairs, got.body, wanted.body)
            assert not wanted.groups() or page(got) == page(wanted), pairs


def page(reply: Reply) -> dict[str, int]:
    """Give what a page says of its neighbours."""
    return dict(reply.page)
