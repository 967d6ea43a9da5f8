"""Whatever was asked before, and has been kept, an answer is that of the sessions as they are."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.engine import Engine
from engine.plan import Source
from tests.building import ORGANIZATION_ID, open_engine, tell_engine
from tests.comparison import same
from tests.legs import Pairs, World, ask_engine
from tests.oracle import Row
from tests.property.profile import ONE_ENGINE
from tests.property.strategies import NOW, Asking, askings

BUILT = frozenset({Source.HOURS, Source.DAYS})
OLD = timedelta(days=1)


def expire(engine: Engine) -> None:
    """Delete what is older than a day."""
    engine.expire(ORGANIZATION_ID, before=NOW - OLD)


BETWEEN: Mapping[str, Callable[[Engine], object]] = {
    "nothing": lambda _: None,
    "build": Engine.build,
    "rebuild": Engine.rebuild,
    "expire": expire,
}

STEPS = st.lists(st.sampled_from(["nothing", "nothing", *sorted(BETWEEN)]), min_size=8, max_size=8)
SIZES = st.sampled_from((1, 2, 5, 65_536))


@contextmanager
def reading(engine: Engine, sources: frozenset[Source]) -> Iterator[None]:
    """Let only some sources answer."""
    before, engine._sources = engine._sources, sources  # noqa: SLF001  (chosen when it is opened)
    yield
    engine._sources = before  # noqa: SLF001


def check(engine: Engine, world: World, requests: tuple[Pairs, ...]) -> None:
    """Compare what is built and kept with the sessions."""
    for pairs in requests:
        with reading(engine, frozenset({Source.SESSIONS})):
            wanted = ask_engine(engine, world, pairs)
        with reading(engine, BUILT):
            for _ in range(2):
                got = ask_engine(engine, world, pairs)
                assert got.status == wanted.status, (pairs, got.body, wanted.body)
                assert same(got.body, wanted.body), (pairs, got.body, wanted.body)


def portions(world: World, steps: int) -> list[list[Row]]:
    """Split the rows of a world into as many loads as there are steps."""
    rows = [row for batch in world.batches for row in batch]
    return [rows[place::steps] for place in range(steps)]


@ONE_ENGINE
@given(asking=askings(), steps=STEPS, size=SIZES)
def test_what_is_kept_is_what_the_sessions_say(asking: Asking, steps: list[str], size: int) -> None:
    """After each load, late update, build, rebuild and expiry, in pieces of any size."""
    world = asking.world
    with open_engine(limits=world.limits) as engine:
        engine._storage.changes.piece_updates = size  # noqa: SLF001  (no setting of it)
        tell_engine(engine, world.declared)
        for rows, step in zip(portions(world, len(steps)), steps, strict=True):
            engine.load(rows)
            check(engine, world, asking.requests)
            BETWEEN[step](engine)
            check(engine, world, asking.requests)
