"""Adoption is what the oracle says, in whatever order and however often the updates came."""

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.engine import Engine
from tests.building import named_uuid, open_engine
from tests.oracle.adoption import HOUR, Counted, adoptions

PROJECT = 1
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (as the table has it)

SESSIONS = st.lists(
    st.builds(
        Counted,
        environment=st.sampled_from(["prod", ""]),
        release=st.sampled_from(["app@1", "app@2", "app@3", ""]),
        started=st.integers(-3 * HOUR, 30 * HOUR),
        quantity=st.sampled_from([1, 2, 9, 10, 30]),
    ),
    max_size=25,
)


def rows(sessions: list[Counted]) -> list[dict[str, object]]:
    """Make pre-counted rows, and of single sessions updates with their own ids."""
    return [
        {
            "project_id": PROJECT,
            "session_id": named_uuid(str(number)) if one.quantity == 1 else None,
            "started": one.started,
            "environment": one.environment,
            "release": one.release,
            **({} if one.quantity == 1 else {"exited": one.quantity}),
        }
        for number, one in enumerate(sessions)
    ]


def computed(engine: Engine) -> dict[tuple[str, str], tuple[int, int | None]]:
    """Read what the engine has computed, as numbers of hours."""
    with engine._storage.reading() as cursor:  # noqa: SLF001  (the times are asked by nobody else)
        found = cursor.execute(
            "SELECT environment, version, adopted, unadopted FROM computed_adoptions"
        ).fetchall()
    return {(row[0], row[1]): (_hour(row[2]), row[3] and _hour(row[3])) for row in found}


def _hour(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds()) // HOUR


@settings(max_examples=60, deadline=None)
@given(SESSIONS, st.randoms(use_true_random=False), st.integers(0, 25), st.booleans())
def test_adoption_is_what_the_oracle_says(
    sessions: list[Counted],
    draw: object,
    cut: int,
    built: bool,  # noqa: FBT001  (hypothesis gives it by position)
) -> None:
    """After loads in two parts and any order, built in between or not, and after a rebuild."""
    expected = dict(adoptions(sessions))
    shuffled = rows(sessions)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random of hypothesis
    with open_engine() as engine:
        engine.load(shuffled[cut:])
        if built:
            engine.build()
        engine.load(shuffled[:cut])
        loaded = computed(engine)
        engine.rebuild()
        rebuilt = computed(engine)

    assert loaded == expected
    assert rebuilt == expected
