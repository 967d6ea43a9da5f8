"""A question whose time is over ends soon, also where the database has no part in the work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine import execute
from engine.engine import Engine
from engine.errors import QueryTimeout
from engine.rollup import people
from engine.rollup.content import NONE
from engine.rollup.read import Reader
from tests.building import ORGANIZATION_ID, open_engine, request_of

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
DAYS, RELEASES = 40, 3
PAIRS = (
    ("statsPeriod", "60d"),
    ("interval", "1d"),
    ("field", "count_unique(user)"),
    ("groupBy", "release"),
    ("orderBy", "-count_unique(user)"),
)


class Limits:
    """A time limit that is over when the test says so."""

    def __init__(self) -> None:
        """Begin with all the time there is."""
        self.stop: Callable[[], None] = lambda: None

    @contextmanager
    def within(self, _seconds: float, stop: Callable[[], None]) -> Iterator[None]:
        """Remember what would be called."""
        self.stop = stop
        yield


def load(engine: Engine) -> None:
    """Load and build a user of each release for each day."""
    engine.load(
        [
            {
                "project_id": 1,
                "session_id": f"{day * RELEASES + release + 1:032x}",
                "distinct_id": f"user-{day}",
                "started": NOW.timestamp() - 86_400 * day,
                "release": f"app@{release}",
                "status": "exited",
            }
            for day in range(DAYS)
            for release in range(RELEASES)
        ]
    )
    engine.build()


@pytest.mark.parametrize(
    ("work", "whole", "most"),
    [("make", DAYS * RELEASES, RELEASES), ("unite", RELEASES * 2, RELEASES), ("count", 50, 1)],
    ids=["days are read", "days are merged", "groups are measured"],
)
def test_question_ends_where_it_is(
    work: str, whole: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than one day, block or group is finished after the time is over."""
    limits, done = Limits(), 0
    monkeypatch.setattr(execute, "_DEADLINES", limits)
    plain: Any = people.count if work == "count" else getattr(people.FORM, work)

    def counting(*arguments: object) -> object:
        nonlocal done
        done += 1
        if over:
            limits.stop()
        return plain(*arguments)

    if work == "count":
        monkeypatch.setattr(people, "count", counting)
    else:
        changed: Any = {work: counting}
        monkeypatch.setattr(people, "FORM", replace(people.FORM, **changed))
    found = []
    for over in (False, True):
        with open_engine() as engine:
            load(engine)
            engine._reader = Reader(engine._storage, small=NONE)  # noqa: SLF001  (no setting of it)
            scope, done = engine.directory.scope(ORGANIZATION_ID), 0
            if over:
                with pytest.raises(QueryTimeout):
                    engine.query(request_of(PAIRS), scope, NOW)
            else:
                engine.query(request_of(PAIRS), scope, NOW)
            found.append(done)

    assert found[0] >= whole
    assert found[1] <= most
