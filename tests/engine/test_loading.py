"""Loads: all or nothing, folded into what is there, and nothing lost however large they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from engine.dates import microseconds
from engine.directory import Directory
from engine.errors import LoadError
from engine.intake import BadRow, LoadRejected, LoadReport
from engine.loading import LoadOptions, load
from engine.rows import ROWS_A_BATCH, Rows, batches
from engine.scope import Stage
from engine.storage import Storage
from schema.session import Outcome

NOON = 1_773_144_000
"""2026-03-10T12:00:00Z."""

BAD_STARTED = {"project_id": 1, "session_id": "9" * 32, "started": "never"}
UNKNOWN_PROJECT = {"project_id": 7, "session_id": "8" * 32, "started": NOON}

Row = Mapping[str, object]


@dataclass(slots=True)
class World:
    """One storage with its directory: project 1 `web`, project 2 `mobile`."""

    path: Path | None = None
    storage: Storage = field(init=False)
    directory: Directory = field(init=False)

    def __post_init__(self) -> None:
        """Open the storage, and create what is not there yet."""
        self.storage = Storage.open(self.path)
        self.directory = Directory(self.storage)
        if not self.directory.organizations():
            self.directory.create_organization("acme", id=1)
            self.directory.create_project(1, "web", id=1)
            self.directory.create_project(1, "mobile", id=2)

    def reopen(self) -> None:
        """Close the file and open it again."""
        self.storage.close()
        self.storage = Storage.open(self.path)
        self.directory = Directory(self.storage)

    def load(self, rows: Rows, options: LoadOptions | None = None) -> LoadReport:
        """Load rows of any kind."""
        return load(self.storage, self.directory, batches(rows), options or LoadOptions())

    def one(self, statement: str) -> tuple[object, ...]:
        """Ask a new cursor for one row."""
        with self.storage.reading() as cursor:
            (row,) = cursor.execute(statement).fetchall()
            return tuple(row)

    def contents(self) -> tuple[object, ...]:
        """Count what a new cursor sees in every table that a load changes."""
        return self.one(
            "SELECT (SELECT count(project_id) FROM session_updates),"
            " (SELECT count(project_id) FROM sessions), (SELECT count(*) FROM environments),"
            " (SELECT count(*) FROM releases), (SELECT count(*) FROM adoptions),"
            " (SELECT count(*) FROM loads)"
        )


def update(number: int = 1, **columns: object) -> Row:
    """Make an update of a session."""
    usual = {"project_id": 1, "session_id": f"{number:032x}", "started": NOON}
    return {**usual, "release": "app@1.0", "environment": "prod", **columns}


def counted(**columns: object) -> Row:
    """Make a pre-counted row."""
    usual = {"project_id": 1, "started": NOON, "release": "app@1.0", "environment": "prod"}
    return {**usual, "exited": 4, "crashed": 1, **columns}


def test_load_reports_what_it_added() -> None:
    """Updates and pre-counted rows are counted apart, and ignored columns are named once."""
    world = World()

    report = world.load([update(1, colour="red"), update(1), counted(), update(2, colour="blue")])

    assert report == LoadReport(
        updates=3,
        counted=1,
        skipped=(),
        skipped_count=0,
        ignored_columns=("colour",),
        known=False,
    )
    assert world.contents() == (4, 4, 1, 1, 1, 0)


def test_nothing_is_a_load() -> None:
    """A file without rows changes nothing and is no error."""
    world = World()

    assert world.load([]).updates == 0
    assert world.contents() == (0, 0, 0, 0, 0, 0)


def test_bad_rows_refuse_all() -> None:
    """One bad row among good ones changes nothing, and every bad row is named."""
    world = World()
    world.load([update(1)])
    before = world.contents()

    with pytest.raises(LoadRejected) as caught:
        world.load([update(2, release="new"), BAD_STARTED, update(3), UNKNOWN_PROJECT])

    assert [bad.line for bad in caught.value.bad] == [2, 4]
    assert caught.value.bad_count == 2
    assert world.contents() == before
    assert [release.version for release in world.directory.releases((1,))] == ["app@1.0"]


def test_bad_rows_of_a_later_batch_refuse_all() -> None:
    """What the batches before a bad row brought is undone."""
    world = World()
    rows = many(np.arange(ROWS_A_BATCH + 10))
    started = rows["started"].to_pylist()
    started[-1] = -(10**15)

    with pytest.raises(LoadRejected) as caught:
        world.load(rows.set_column(2, "started", pa.array(started)))

    assert [bad.line for bad in caught.value.bad] == [ROWS_A_BATCH + 10]
    assert world.contents() == (0, 0, 0, 0, 0, 0)


def test_rows_that_end_in_an_error_change_nothing() -> None:
    """A source that fails half way leaves everything as it was."""
    world = World()

    def broken() -> Iterator[Row]:
        yield update(1)
        message = "the file ends in the middle of a row"
        raise LoadError(message)

    with pytest.raises(LoadError, match="ends in the middle"):
        world.load(broken())

    assert world.contents() == (0, 0, 0, 0, 0, 0)
    assert world.load([update(1)]).updates == 1


def test_skipped_rows_are_counted_and_named() -> None:
    """With `skip_bad` the good rows are loaded, and the report says which were not and why."""
    world = World()

    report = world.load(
        [update(1), BAD_STARTED, UNKNOWN_PROJECT, update(2)], LoadOptions(skip_bad=True)
    )

    assert (report.updates, report.skipped_count) == (2, 2)
    assert report.skipped == (
        BadRow(
            line=2,
            reason='started is "never"; it must be an ISO-8601 time or Unix seconds, in the years'
            " 1 to 9999",
        ),
        BadRow(line=3, reason="project_id is 7; it must be the id of an existing project"),
    )
    assert world.contents()[:2] == (2, 2)


def test_many_bad_rows_are_counted_but_not_all_named() -> None:
    """The first hundred bad rows are named, all of them are counted."""
    world = World()

    report = world.load([UNKNOWN_PROJECT] * 250, LoadOptions(skip_bad=True))

    assert (len(report.skipped), report.skipped_count) == (100, 250)
    assert report.skipped[-1].line == 100


def known_as(digest: str, *, again: bool = False) -> LoadOptions:
    """Load content of this digest."""
    return LoadOptions(digest=lambda: digest, again=again)


def test_counted_rows_are_known_by_their_digest() -> None:
    """The same content with pre-counted rows is not counted twice."""
    world = World()
    first = world.load([counted()], known_as("a"))
    before = world.contents()

    second = world.load([counted()], known_as("a"))

    assert (first.counted, first.known) == (1, False)
    assert (second.counted, second.known) == (0, True)
    assert world.contents() == before
    assert world.load([counted()], known_as("b")).known is False


def test_again_counts_again() -> None:
    """Whoever means it can count the same content once more."""
    world = World()
    for _ in range(2):
        world.load([counted()], known_as("a", again=True))

    assert world.one("SELECT sum(quantity) FROM sessions") == (10,)
    assert world.load([counted()], known_as("a")).known


def test_updates_are_loaded_however_often_they_come() -> None:
    """Updates fold, so that their content is never turned away and never counts twice."""
    world = World()
    reports = [world.load([update(1), update(2)], known_as("a")) for _ in range(3)]

    assert [report.known for report in reports] == [False, False, False]
    assert world.contents()[:2] == (6, 2)


def test_refused_content_is_not_known() -> None:
    """A digest is remembered together with the rows, or not at all."""
    world = World()
    with pytest.raises(LoadRejected):
        world.load([counted(), BAD_STARTED], known_as("a"))

    assert world.load([counted()], known_as("a")).known is False


def test_digest_is_asked_after_the_last_row() -> None:
    """The digest of a stream is known once it was read."""
    world, steps = World(), list[str]()

    def rows() -> Iterator[Row]:
        yield update(1)
        steps.append("read")

    def digest() -> str:
        steps.append("digest")
        return "a"

    world.load(rows(), LoadOptions(digest=digest))

    assert steps == ["read", "digest"]


def test_releases_and_environments_become_known() -> None:
    """A release is added at its earliest session, and seen where its sessions were."""
    world = World()
    world.load([update(1, started=NOON + 60), update(2, environment=None), update(3, release="")])
    world.load([update(4, started=NOON - 60, project_id=2), update(5, started=NOON - 7200)])

    added = {it.project_id: it.added for it in world.directory.releases((1, 2))}
    assert added == {
        1: microseconds(datetime.fromtimestamp(NOON - 7200, UTC)),
        2: microseconds(datetime.fromtimestamp(NOON - 60, UTC)),
    }
    assert world.directory.environments(1) == {"prod", ""}
    assert world.directory.stages((1, 2), "prod") == {
        (1, "app@1.0"): Stage.LOW_ADOPTION,
        (2, "app@1.0"): Stage.LOW_ADOPTION,
    }
    assert world.directory.releases_in((1, 2), ("",)) == {(1, "app@1.0")}


def test_loading_keeps_what_is_known_of_adoption() -> None:
    """A stage that was set is not forgotten when more sessions come."""
    world = World()
    moment = datetime.fromtimestamp(NOON, UTC)
    world.directory.set_stage(1, "prod", "app@1.0", adopted=moment, unadopted=None)

    world.load([update(1)])

    assert world.directory.stages((1,), "prod") == {(1, "app@1.0"): Stage.ADOPTED}


def test_releases_may_be_left_unregistered() -> None:
    """With `register_releases` off the sessions are there, and their releases stay unknown."""
    world = World()

    world.load([update(1)], LoadOptions(register_releases=False))

    assert world.one("SELECT release FROM sessions") == ("app@1.0",)
    assert world.directory.releases((1,)) == ()
    assert world.directory.releases_in((1,), ("prod",)) == frozenset()
    assert world.directory.environments(1) == {"prod"}


FOLDED = {
    "crash-reported-late": (
        [update(timestamp=NOON + 60, status="exited", seq=1)],
        [update(timestamp=NOON + 30, status="crashed", seq=9)],
        (NOON, "app@1.0", Outcome.CRASHED, None),
    ),
    "end-after-crash": (
        [update(status="crashed")],
        [update(timestamp=NOON + 90, status="exited", duration=90)],
        (NOON, "app@1.0", Outcome.CRASHED, 90.0),
    ),
    "earlier-update-comes-later": (
        [update(timestamp=NOON + 60, release="app@2.0")],
        [update(timestamp=NOON + 30, release="app@1.0")],
        (NOON, "app@1.0", Outcome.HEALTHY, None),
    ),
    "first-update-comes-last": (
        [update(timestamp=NOON, release="app@2.0", started=NOON + 5)],
        [update(timestamp=NOON + 60, release="app@1.0", init=True, started=NOON - 5)],
        (NOON - 5, "app@1.0", Outcome.HEALTHY, None),
    ),
    "conflict-of-one-instant": (
        [update(status="ok", seq=3, errors=0)],
        [update(status="errored", seq=3, errors=0)],
        (NOON, "app@1.0", Outcome.ERRORED, None),
    ),
    "last-end-decides-the-duration": (
        [update(timestamp=NOON + 60, status="exited", duration=60)],
        [update(timestamp=NOON + 30, status="exited", duration=30)],
        (NOON, "app@1.0", Outcome.HEALTHY, 60.0),
    ),
}


@pytest.mark.parametrize("turned", [False, True], ids=["as-told", "turned-round"])
@pytest.mark.parametrize(("one", "two", "session"), FOLDED.values(), ids=FOLDED.keys())
def test_sessions_are_folded_across_loads(
    one: list[Row], two: list[Row], session: tuple[object, ...], *, turned: bool
) -> None:
    """What belongs to one session becomes one session, whichever load brought it first."""
    world = World()
    for rows in (two, one) if turned else (one, two):
        world.load(rows)

    found = world.one("SELECT started, release, outcome, duration FROM sessions")

    assert found == session
    assert world.contents()[:2] == (2, 1)


def test_same_id_of_two_projects_is_two_sessions() -> None:
    """A session belongs to its project."""
    world = World()
    world.load([update(1), update(1, project_id=2)])
    world.load([update(1, project_id=2, status="crashed")])

    assert world.one("SELECT count(*), sum(outcome) FROM sessions") == (2, Outcome.CRASHED)


def test_counted_rows_add_up_across_loads() -> None:
    """Pre-counted rows are counts: each load adds its own, beside the sessions."""
    world = World()
    for _ in range(3):
        world.load([counted(), update(1, status="crashed")])

    assert world.one(
        "SELECT sum(quantity), count(session_id)"
        " FROM sessions JOIN session_updates ON arrival = first_update"
    ) == (16, 1)


MILLION = 1_000_000
USERS = 150_000


def many(numbers: npt.NDArray[np.int64], status: str = "ok", *, seconds_later: int = 0) -> pa.Table:
    """Make one update of each of these sessions, column by column."""
    ids = np.zeros((len(numbers), 2), dtype=">u8")
    ids[:, 0], ids[:, 1] = 1, numbers
    started = NOON - 3600 + numbers % 3600
    bits = [None, pa.py_buffer(ids.tobytes())]
    return pa.table(
        {
            "project_id": pa.array(numbers % 2 + 1),
            "session_id": pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(numbers), bits),
            "started": pa.array(started),
            "timestamp": pa.array(started + seconds_later),
            "status": pa.array([status]).take(pa.array(np.zeros(len(numbers), dtype=np.int64))),
            "release": pa.array(["app@1.0", "app@1.1", ""]).take(pa.array(numbers % 3)),
            "distinct_id": users().take(pa.array(numbers % USERS)),
        }
    )


@cache
def users() -> pa.Array:
    """List the users of large loads."""
    return pa.array([f"user {number}" for number in range(USERS)])


def check_people(world: World, count: int) -> None:
    """Check that users have one number each, without gaps, and that sessions have those."""
    assert world.one(
        "SELECT count(*), count(DISTINCT distinct_id), count(DISTINCT number), min(number),"
        " max(number) FROM people"
    ) == (count, count, count, 1, count)
    wrong = (
        "SELECT count(*) FROM sessions JOIN session_updates ON arrival = first_update"  # noqa: S608  (ours)
        " LEFT JOIN people ON number = sessions.person"
        " WHERE distinct_id IS DISTINCT FROM"
        f" 'user ' || CAST('0x' || CAST(session_id AS VARCHAR)[-12:] AS BIGINT) % {USERS}"
    )
    assert world.one(wrong) == (0,)


def seen(world: World) -> tuple[object, ...]:
    """Count the sessions that a new cursor sees, in every way that could differ."""
    return world.one(
        "SELECT count(*), count(sessions.project_id), count(DISTINCT session_id), sum(quantity),"
        " count(*) FILTER (outcome = 4)"
        " FROM sessions JOIN session_updates ON arrival = first_update"
    )


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    """Cut tables into batches that are small, but more than a row group of the database."""
    size = 130_000
    monkeypatch.setattr("engine.rows.ROWS_A_BATCH", size)
    return size


def test_load_of_several_batches_keeps_every_row(small_batches: int, tmp_path: Path) -> None:
    """Each batch is appended by itself, and each of its rows is there in the end."""
    world = World(tmp_path / "sessions.duckdb")
    count = 5 * small_batches + 7

    report = world.load(many(np.arange(count)))

    assert report.updates == count
    for _ in range(2):
        assert seen(world) == (count, count, count, count, 0)
        assert world.contents() == (count, count, 1, 4, 4, 0)
        check_people(world, USERS)
        world.reopen()


def test_batch_of_nothing_but_bad_rows_is_left_out(small_batches: int, tmp_path: Path) -> None:
    """It stands between good ones, which are kept as if it were not there; nor are its users."""
    world = World(tmp_path / "sessions.duckdb")
    bad = many(np.arange(small_batches, 2 * small_batches))
    names = pa.array(["somebody else"]).take(pa.array(np.zeros(small_batches, dtype=np.int64)))
    bad = bad.set_column(0, "project_id", pa.array(np.full(small_batches, 7)))
    bad = bad.set_column(bad.column_names.index("distinct_id"), "distinct_id", names)
    good = many(np.arange(small_batches)), many(np.arange(2 * small_batches, 3 * small_batches))
    rows = pa.concat_tables([good[0], bad, good[1]])

    report = world.load(rows, LoadOptions(skip_bad=True))
    world.reopen()

    assert (report.updates, report.skipped_count) == (2 * small_batches, small_batches)
    assert report.skipped[0].line == small_batches + 1
    assert seen(world)[:2] == (2 * small_batches, 2 * small_batches)
    assert world.one("SELECT count(*) FROM people WHERE distinct_id = 'somebody else'") == (0,)


def test_sessions_stay_as_many_when_their_updates_are_sent_again(tmp_path: Path) -> None:
    """A million sessions stay a million after updates of some of them, also in a reopened file."""
    world = World(tmp_path / "sessions.duckdb")
    random = np.random.default_rng(20260310)
    world.load(many(np.arange(MILLION)))
    assert seen(world) == (MILLION, MILLION, MILLION, MILLION, 0)

    crashed = np.zeros(MILLION, dtype=bool)
    loaded = MILLION
    for turn, size in enumerate((1, 1000, 10, 20_000), start=1):
        chosen = random.choice(MILLION, size, replace=False)
        world.load(many(chosen, "crashed", seconds_later=turn))
        crashed[chosen] = True
        loaded += size
        assert seen(world) == (MILLION, MILLION, MILLION, MILLION, int(crashed.sum()))
        assert world.contents()[0] == loaded
        check_people(world, USERS)

    for size in (1, 20_000):
        world.reopen()
        assert seen(world) == (MILLION, MILLION, MILLION, MILLION, int(crashed.sum()))
        world.load(many(np.flatnonzero(crashed)[:size], "exited", seconds_later=9))
    assert seen(world) == (MILLION, MILLION, MILLION, MILLION, int(crashed.sum()))


def test_new_and_known_sessions_of_one_large_load() -> None:
    """A load that half repeats and half continues adds just what is new."""
    world = World()
    world.load(many(np.arange(200_000)))

    world.load(many(np.arange(100_000, 400_000), "crashed", seconds_later=1))
    world.load(many(np.arange(400_000, 400_001)))

    check_people(world, USERS)
    assert seen(world) == (400_001, 400_001, 400_001, 400_001, 300_000)


def mixed(updates: int, counts: int) -> pa.Table:
    """Make a table in which pre-counted rows stand among updates."""
    sessions = many(np.arange(updates))
    zeros = np.zeros(counts, dtype=np.int64)
    numbers = {
        "project_id": pa.array(zeros + 1),
        "started": pa.array(zeros + NOON),
        "exited": pa.array(zeros + 3),
        "crashed": pa.array(np.arange(counts) % 2),
        "release": pa.array(["app@3.0"]).take(pa.array(zeros)),
    }
    together = pa.concat_tables([sessions, pa.table(numbers)], promote_options="default")
    return together.take(pa.array(np.random.default_rng(1).permutation(len(together))))


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(("updates", "counts"), [(300_000, 100_000), (300_000, 1), (0, 300_000)])
def test_counted_rows_among_updates_of_a_large_load(updates: int, counts: int) -> None:
    """However they are mixed, sessions are folded and counts are counted, loads after loads."""
    world = World()
    rows = mixed(updates, counts)

    report = world.load(rows)
    assert (report.updates, report.counted) == (updates, counts)
    world.load(many(np.arange(min(updates, 10)), "crashed", seconds_later=1))

    crashed, exited = counts // 2, 3 * counts
    assert world.one(
        "SELECT count(session_id), count(*), sum(quantity), count(sessions.project_id)"
        " FROM sessions JOIN session_updates ON arrival = first_update"
    ) == (
        updates,
        updates + counts + crashed,
        updates + exited + crashed,
        updates + counts + crashed,
    )
    assert world.one("SELECT count(project_id) FROM session_updates") == (
        updates + counts + min(updates, 10),
    )
