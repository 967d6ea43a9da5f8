"""Whatever was asked before, and has been kept, an answer is that of the sessions as they are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.engine import Engine
from engine.plan import Source
from tests.building import ORGANIZATION_ID, open_engine, pairs_of, tell_engine
from tests.comparison import same
from tests.legs import Pairs, World, ask_engine
from tests.property.profile import ONE_ENGINE
from tests.property.strategies import NOW, worlds

OLD = timedelta(days=1)
SESSIONS = frozenset({Source.SESSIONS})
BUILT = frozenset(Source) - SESSIONS


def expire(engine: Engine) -> None:
    """Delete what is older than a day."""
    engine.expire(ORGANIZATION_ID, before=NOW - OLD)


BETWEEN: Mapping[str, Callable[[Engine], object]] = {
    "nothing": lambda _: None,
    "build": Engine.build,
    "rebuild": Engine.rebuild,
    "expire": expire,
}
LOADS = 6
STEPS = st.lists(
    st.sampled_from([*BETWEEN, "nothing", "nothing", "nothing"]), min_size=LOADS, max_size=LOADS
)
SIZES = st.sampled_from((1, 2, 5, 65_536))

QUESTIONS: Mapping[str, Pairs] = {
    "every label by day": pairs_of(
        "field=sum(session)&field=count_unique(user)&field=max(session.duration)"
        "&groupBy=project&groupBy=release&groupBy=environment&interval=1d&statsPeriod=4d"
    ),
    "users of releases": pairs_of(
        "field=count_unique(user)&field=sum(session)&groupBy=release&interval=1h&statsPeriod=2d"
    ),
    "durations of environments": pairs_of(
        "field=p95(session.duration)&field=sum(session)&groupBy=environment&interval=1d"
        "&statsPeriod=3d"
    ),
    "outcomes by hour": pairs_of(
        "field=sum(session)&field=count_unique(user)&groupBy=session.status"
        "&interval=1h&statsPeriod=3d"
    ),
    "durations of projects by hour": pairs_of(
        "field=p50(session.duration)&field=avg(session.duration)&field=crash_free_rate(user)"
        "&groupBy=project&interval=1h&statsPeriod=3d"
    ),
}


@contextmanager
def answering(engine: Engine, sources: frozenset[Source]) -> Iterator[None]:
    """Let only some sources answer."""
    before, engine._sources = engine._sources, sources  # noqa: SLF001  (chosen when it is opened)
    yield
    engine._sources = before  # noqa: SLF001


def check(engine: Engine, world: World, questions: Sequence[str]) -> None:
    """Compare what is built and kept with the sessions."""
    for name in questions:
        with answering(engine, SESSIONS):
            wanted = ask_engine(engine, world, QUESTIONS[name])
        with answering(engine, BUILT):
            for _ in range(2):
                got = ask_engine(engine, world, QUESTIONS[name])
                assert got.status == wanted.status == 200
                assert same(got.body, wanted.body), (name, got.body, wanted.body)


@ONE_ENGINE
@given(
    world=worlds(),
    steps=STEPS,
    size=SIZES,
    questions=st.lists(st.sampled_from(sorted(QUESTIONS)), min_size=1, unique=True),
)
def test_what_is_kept_is_what_the_sessions_say(
    world: World, steps: list[str], size: int, questions: list[str]
) -> None:
    """After each load, late update, build, rebuild and expiry, in pieces of any size."""
    rows = [row for batch in world.batches for row in batch]
    with open_engine() as engine:
        engine._storage.changes.piece_updates = size  # noqa: SLF001  (no setting of it)
        tell_engine(engine, world.declared)
        for place, step in enumerate(steps):
            engine.load(rows[place::LOADS])
            check(engine, world, questions)
            if step != "nothing":
                BETWEEN[step](engine)
                check(engine, world, questions)
