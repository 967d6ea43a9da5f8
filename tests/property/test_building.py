"""Whatever is built, rebuilt or sent between two loads, the answer stays that of the oracle."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.engine import Engine
from engine.plan import Source
from engine.rollup.build import build
from engine.rollup.content import NONE, SMALL, Small
from engine.rollup.read import Reader
from tests.building import open_engine, tell_engine
from tests.comparison import same
from tests.legs import World, ask_engine, oracle
from tests.oracle import Row
from tests.property.profile import ONE_ENGINE
from tests.property.strategies import Asking, askings

NOWHERE = Path()


def send(engine: Engine, rows: Sequence[Row]) -> None:
    """Let rows arrive one by one, as senders do, and do not wait until they show."""
    for row in rows:
        engine.sink.submit((row,)).result()


def build_a_day(engine: Engine) -> None:
    """Build the oldest of the days that have changed."""
    build(engine._storage, days=1)  # noqa: SLF001  (the engine builds all there are)


BETWEEN: Mapping[str, Callable[[Engine], object]] = {
    "nothing": lambda _: None,
    "build": Engine.build,
    "build a day": build_a_day,
    "rebuild": Engine.rebuild,
}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(BETWEEN)), st.booleans(), st.sampled_from(sorted(BETWEEN))),
    min_size=2,
    max_size=2,
)
"""For each load: what comes before, whether it is sent row by row, and what comes after."""

SMALLS = (NONE, Small(rows=2, cells=0), Small(rows=3, cells=1), Small(rows=99, cells=0), SMALL)

FORCED = pytest.mark.parametrize(
    "sources",
    [(Source.SESSIONS,), (Source.HOURS,), (Source.HOURS, Source.DAYS), tuple(Source)],
    ids=["sessions", "hours", "built", "all"],
)


def divide_at(engine: Engine, small: Small) -> None:
    """Choose which cells are small: those of a small world all are, but they are few."""
    engine._reader = Reader(engine._storage, small=small)  # noqa: SLF001  (no setting of it)


def go(engine: Engine, world: World, steps: Sequence[tuple[str, bool, str]]) -> None:
    """Load a world in steps."""
    tell_engine(engine, world.declared)
    for batch, (before, single, after) in zip(world.batches, steps, strict=False):
        BETWEEN[before](engine)
        if single:
            send(engine, batch)
        else:
            engine.load(batch)
        BETWEEN[after](engine)
    engine.sink.flush()
    engine.upkeep.adopt()


class TestAnswersAreTheSame:
    """Derived tables are taken only where the answer is the one that the sessions give."""

    @FORCED
    @ONE_ENGINE
    @given(asking=askings(), steps=STEPS, small=st.sampled_from(SMALLS))
    def test_whatever_was_built(
        self,
        sources: tuple[Source, ...],
        asking: Asking,
        steps: list[tuple[str, bool, str]],
        small: Small,
    ) -> None:
        """With every source in turn, small cells or not, and builds and updates in any order."""
        world = asking.world
        with (
            oracle(world, NOWHERE) as ask_oracle,
            open_engine(limits=world.limits, sources=sources) as engine,
        ):
            divide_at(engine, small)
            go(engine, world, steps)
            for pairs in asking.requests:
                wanted, got = ask_oracle(pairs), ask_engine(engine, world, pairs)

                assert got.status == wanted.status, (pairs, got.body, wanted.body)
                assert same(got.body, wanted.body), (pairs, got.body, wanted.body)
            assert engine.verify().clean
