"""The folding rule, asked of the engine: what one session is after its updates."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from engine.engine import Engine
from schema.session import Outcome

ID = "0f0f0f0f-0000-4000-8000-000000000001"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
Row = Mapping[str, object]


def update(minutes: int, **columns: object) -> Row:
    """Make an update of one session, this many minutes after it started."""
    moment = (NOON + timedelta(minutes=minutes)).isoformat()
    usual: Row = {"project_id": 1, "session_id": ID, "started": NOON.isoformat()}
    return {**usual, "timestamp": moment, "release": "app@1.0", **columns}


def fold(*loads: Sequence[Row]) -> Mapping[str, object]:
    """Load the updates, one load after the other, and give the one session they become."""
    with TemporaryDirectory() as folder:
        return _fold(Path(folder) / "sessions.duckdb", loads)


def _fold(path: Path, loads: Sequence[Sequence[Row]]) -> Mapping[str, object]:
    with Engine.open(path) as engine:
        organization = engine.directory.create_organization("acme")
        engine.directory.create_project(organization.id, "web", id=1)
        for rows in loads:
            engine.load(rows)
    with duckdb.connect(path) as connection:
        (session,) = connection.execute(
            "SELECT sessions.*, distinct_id FROM sessions LEFT JOIN people ON number = person"
        ).fetchall()
        names = [column[0] for column in connection.description or ()]
    return dict(zip(names, session, strict=True))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([update(0)], Outcome.HEALTHY, id="still running"),
        pytest.param([update(0, status="exited")], Outcome.HEALTHY, id="ended"),
        pytest.param([update(0), update(1, errors=2)], Outcome.ERRORED, id="errors"),
        pytest.param([update(0), update(1, status="errored")], Outcome.ERRORED, id="errored"),
        pytest.param([update(0, status="errored"), update(1)], Outcome.HEALTHY, id="recovered"),
        pytest.param([update(0), update(1, status="odd")], Outcome.ERRORED, id="unknown word"),
        pytest.param(
            [update(1, status="crashed"), update(2, status="exited")], Outcome.CRASHED, id="crashed"
        ),
        pytest.param(
            [update(1, status="abnormal"), update(2, status="unhandled")],
            Outcome.ABNORMAL,
            id="worse failure wins",
        ),
        pytest.param(
            [update(1, status="ok"), update(1, status="errored")], Outcome.ERRORED, id="same moment"
        ),
    ],
)
def test_the_outcome(rows: list[Row], expected: Outcome) -> None:
    """The worst failure wins, else the latest status decides; the order of arrival does not."""
    assert fold(rows)["outcome"] == expected
    assert fold(rows[::-1])["outcome"] == expected
    assert fold(*([row] for row in rows), rows)["outcome"] == expected


def test_identity_is_that_of_the_init_update() -> None:
    """Started, release and environment come from the init update, even if it is not the first."""
    early = update(0, release="app@0.9", environment="test")
    init = update(5, release="app@1.0", environment="prod", init=True)

    session = fold([early], [init])

    assert (session["release"], session["environment"]) == ("app@1.0", "prod")


def test_identity_without_init_is_the_earliest() -> None:
    """Without an init update the earliest one says what the session is."""
    session = fold([update(5, release="app@2.0")], [update(1, release="app@1.0")])

    assert session["release"] == "app@1.0"


def test_user_and_duration_are_the_latest_known() -> None:
    """The last user and the last duration of an exited update stay, whatever comes without them."""
    rows = [
        update(1, distinct_id="ann", status="exited", duration=3),
        update(2, distinct_id="bob", status="exited", duration=4.5),
        update(3, status="ok", duration=9),
    ]

    session = fold(rows)

    assert (session["distinct_id"], session["duration"]) == ("bob", 4.5)


@pytest.mark.parametrize("names", [("zoe", "ann", "bob"), ("ann", "bob", "zoe")])
def test_user_of_one_instant_is_the_last_in_the_alphabet(names: Sequence[str]) -> None:
    """Whoever was known first has the lower number, which must not decide."""
    rows = [update(1, distinct_id=name) for name in names]
    latest = update(2, distinct_id=None)

    assert fold(rows, [latest])["distinct_id"] == "zoe"
    assert fold(*([row] for row in rows), [latest])["distinct_id"] == "zoe"


@pytest.mark.parametrize(
    ("started", "second"),
    [
        pytest.param("0001-01-01T00:00:00Z", -62_135_596_800, id="year 1"),
        pytest.param("1969-12-31T23:59:59.5Z", -1, id="before 1970"),
        pytest.param("9999-12-31T23:59:59.999999Z", 253_402_300_799, id="year 9999"),
    ],
)
def test_seconds_are_rounded_down_exactly(started: str, second: int) -> None:
    """The second in which a session started is exact from the first year to the last."""
    session = fold([{"project_id": 1, "session_id": ID, "started": started}])

    assert session["started"] == second
