"""Folding: the same sessions, whatever the order, the batches and the repetitions of updates."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from engine.limits import Limits
from tests.building import PlainRegistry
from tests.comparison import same
from tests.legs import World, engine_in_memory
from tests.oracle import Row, fold
from tests.property.profile import PURE, SOME_ENGINES
from tests.property.strategies import NOW, updates

RANGE = (("statsPeriod", "7d"), ("interval", "1h"), ("includeTotals", "1"))
KEYS = (("groupBy", "project"), ("groupBy", "release"), ("groupBy", "environment"))
QUESTIONS = (
    (
        *RANGE,
        *KEYS,
        ("groupBy", "session.status"),
        ("field", "sum(session)"),
        ("field", "count_unique(user)"),
    ),
    (
        *RANGE,
        *KEYS,
        ("field", "sum(session)"),
        ("field", "max(session.duration)"),
        ("field", "anr_rate()"),
        ("field", "foreground_anr_rate()"),
    ),
    (*RANGE, ("field", "count_unique(user)"), ("field", "avg(session.duration)")),
)

Batches = tuple[tuple[Row, ...], ...]
lists = st.lists(updates(), max_size=12).map(tuple)


def answers(batches: Batches) -> list[object]:
    """Load batch by batch, and give everything that can be seen of the folded sessions."""
    world = World(
        now=NOW,
        limits=Limits(),
        readable=None,
        declared=PlainRegistry(),
        batches=tuple(batch for batch in batches if batch),
    )
    with engine_in_memory(world, Path()) as ask:
        return [ask(pairs).body for pairs in QUESTIONS]


class TestSendingAgainOrOutOfOrderChangesNothing:
    """Sending anything twice, or out of order, changes nothing: a session is counted once."""

    @SOME_ENGINES
    @given(lists, lists)
    def test_the_order_of_loads_is_of_no_account(
        self, one: tuple[Row, ...], two: tuple[Row, ...]
    ) -> None:
        """The fold is commutative, between loads and within one."""
        first = answers((one, two))

        assert same(answers((two, one)), first)
        assert same(answers((tuple(reversed(one + two)),)), first)

    @SOME_ENGINES
    @given(lists, lists, lists)
    def test_how_updates_are_cut_into_loads_is_of_no_account(
        self, one: tuple[Row, ...], two: tuple[Row, ...], three: tuple[Row, ...]
    ) -> None:
        """The fold is associative."""
        assert same(answers((one + two, three)), answers((one, two + three)))

    @SOME_ENGINES
    @given(lists)
    def test_sending_all_again_is_of_no_account(self, rows: tuple[Row, ...]) -> None:
        """The fold is idempotent, between loads and within one."""
        once = answers((rows,))

        assert same(answers((rows, rows)), once)
        assert same(answers((rows + rows,)), once)


class TestTheRulesAgreeWithThemselves:
    """The plain rules keep the promise that they are the measure of."""

    @PURE
    @given(lists, st.randoms(use_true_random=False))
    def test_the_oracle_folds_in_any_order(self, rows: tuple[Row, ...], random: Random) -> None:
        """Shuffled and repeated updates fold into the same sessions."""
        again = [*rows, *rows]
        random.shuffle(again)

        assert by_content(again) == by_content(rows)


def by_content(rows: Sequence[Row]) -> list[str]:
    """Give the folded sessions in an order of their own."""
    return sorted(map(repr, fold(rows)))
