"""The engine to embed: whole walks, from several threads, over closing and opening."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import engine as package
from engine.engine import Engine
from engine.errors import EngineError, InvalidDates, InvalidField, QueryTimeout, StorageUnavailable
from engine.limits import Limits
from engine.plan import Source
from engine.precedence import Precedence
from engine.request import Request
from engine.result import Answer, Group
from engine.tokens import Grant
from tests.building import ORGANIZATION_ID, open_engine
from tests.engine.asking import DAY, NOW, asked

WAIT_SECONDS = 60
STARTED = 1_773_144_000
"""2026-03-10T12:00:00Z, within the day that is asked about."""

Row = Mapping[str, object]


def sessions(first: int, count: int) -> list[Row]:
    """Make sessions with running ids, spread over two releases, two hours and three users."""
    return [
        {
            "project_id": 1,
            "session_id": f"{number:032x}",
            "started": STARTED + 3600 * (number % 2),
            "release": f"app@1.{number % 2}",
            "distinct_id": f"user {number % 3}",
            "status": "exited",
            "duration": 1.5,
        }
        for number in range(first, first + count)
    ]


def ask(engine: Engine, line: str) -> Answer:
    """Ask one engine about one day, as a caller who may read everything."""
    return engine.query(asked(f"{DAY}&{line}"), engine.directory.scope(ORGANIZATION_ID), NOW)


def number(engine: Engine, line: str = "field=sum(session)") -> object:
    """Give the first field's total of the only group."""
    ((_, value), *_) = totals(ask(engine, line).result.groups[0]).items()
    return value


def totals(group: Group) -> Mapping[str, object]:
    """Give the totals, which were not left out."""
    assert group.totals is not None
    return group.totals


def test_public_names() -> None:
    """What the package offers is what it says it offers."""
    assert sorted(package.__all__) == package.__all__
    assert {name for name in package.__all__ if hasattr(package, name)} == set(package.__all__)


ROWS: dict[str, Callable[[list[Row]], pa.Table | pa.RecordBatchReader | Iterator[Row]]] = {
    "mappings": iter,
    "table": pa.Table.from_pylist,
    "reader": lambda rows: pa.Table.from_pylist(rows).to_reader(),
}


@pytest.mark.parametrize("kind", ROWS.values(), ids=ROWS.keys())
def test_rows_of_every_kind_are_loaded(
    kind: Callable[[list[Row]], pa.Table | pa.RecordBatchReader | Iterator[Row]],
) -> None:
    """Mappings, tables and readers give the same sessions."""
    with open_engine() as engine:
        report = engine.load(kind(sessions(1, 10)))

        assert (report.updates, report.counted, report.skipped) == (10, 0, ())
        assert number(engine) == 10
        assert number(engine, "field=count_unique(user)") == 3
        assert number(engine, "field=p95(session.duration)") == 1500.0


def test_answer_tells_how_it_was_found() -> None:
    """Beside the result stand its stages in order, its source, its rows, groups and points."""
    with open_engine(sources=(Source.SESSIONS,)) as engine:
        engine.load(sessions(1, 10))
        trace = ask(engine, "field=sum(session)&groupBy=release").trace

    assert list(trace.stages) == ["resolve", "plan", "lower", "run", "shape"]
    assert all(seconds >= 0 for seconds in trace.stages.values())
    assert (trace.source, trace.groups, trace.points) == ("sessions", 2, 50)


def test_closed_file_opens_with_all_it_had(tmp_path: Path) -> None:
    """Sessions, directory and tokens are there again, and loading goes on."""
    path = tmp_path / "sessions.duckdb"
    with open_engine(path) as engine:
        engine.load(sessions(1, 10))
        _, secret = engine.tokens.create("ci", (Grant(organization_id=1),), now=NOW)
        before = ask(engine, "field=sum(session)&field=count_unique(user)&groupBy=release").result

    with Engine.open(str(path)) as engine:
        after = ask(engine, "field=sum(session)&field=count_unique(user)&groupBy=release").result
        token = engine.tokens.find(secret)
        engine.load(sessions(6, 10))
        total = number(engine)

    assert after == before
    assert token is not None
    assert total == 15


def test_block_closes_whatever_happens(tmp_path: Path) -> None:
    """After the block the file is free for others, also if the block failed."""
    path = tmp_path / "sessions.duckdb"

    def fail() -> None:
        with open_engine(path) as engine:
            engine.load(sessions(1, 10))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with duckdb.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sessions").fetchall() == [(10,)]


def test_engines_in_memory_know_nothing_of_each_other() -> None:
    """Two engines without a file are two worlds."""
    with open_engine() as one, open_engine() as two:
        one.load(sessions(1, 10))

        assert number(one) == 10
        assert number(two) == 0


def test_limits_are_those_it_was_opened_with() -> None:
    """Limits are chosen per engine; without a choice they are the published ones."""
    with open_engine(limits=Limits(points=25)) as small, open_engine() as usual:
        for one in (small, usual):
            one.load(sessions(1, 10))
        line = "field=sum(session)&groupBy=release"

        assert len(ask(small, line).result.groups) == 1
        assert ask(small, line).result.page.more
        assert len(ask(usual, line).result.groups) == 2
        assert usual.limits == Limits()


def test_slow_question_is_stopped() -> None:
    """A question that takes longer than the limit is stopped, and the next one is answered."""
    with open_engine(limits=Limits(timeout_seconds=1e-6)) as engine:
        engine.load(
            {
                "project_id": 1,
                "session_id": f"{it:032x}",
                "started": STARTED,
                "distinct_id": str(it),
            }
            for it in range(1, 20_000)
        )
        with pytest.raises(QueryTimeout):
            ask(engine, "field=count_unique(user)&field=p50(session.duration)&groupBy=release")


@pytest.mark.parametrize("way", ["query", "explain"])
def test_a_question_goes_first_until_it_ends(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives way waits for it, and goes on when it has its answer, or is refused."""
    module = sys.modules["engine.engine"]
    under_way, may_end, log = threading.Event(), threading.Event(), list[str]()

    def refused(*_: object, **__: object) -> object:
        under_way.set()
        assert may_end.wait(WAIT_SECONDS)
        log.append("ended")
        raise InvalidField("no_such_field")

    def give_way(engine: Engine) -> None:
        engine.precedence.give_way()
        log.append("gone on")

    monkeypatch.setattr(module, "Precedence", partial(Precedence, most_seconds=10 * WAIT_SECONDS))
    monkeypatch.setattr(module, "walk", refused)
    monkeypatch.setattr(module, "explain", refused)
    with open_engine() as engine, ThreadPoolExecutor(2) as pool:
        scope = engine.directory.scope(ORGANIZATION_ID)
        asking = pool.submit(getattr(engine, way), asked(DAY), scope, NOW)
        assert under_way.wait(WAIT_SECONDS)
        giving = pool.submit(give_way, engine)
        may_end.set()
        with pytest.raises(InvalidField):
            asking.result(WAIT_SECONDS)
        giving.result(WAIT_SECONDS)
        engine.precedence.give_way()

    assert log == ["ended", "gone on"]


def test_who_writes_and_who_folds_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads of the sink ask before they begin; a load does not."""
    asked_by = set[str]()

    def give_way(_: Precedence) -> None:
        asked_by.add(threading.current_thread().name)

    monkeypatch.setattr(Precedence, "give_way", give_way)
    with open_engine() as engine:
        engine.load(sessions(1, 10))
        engine.build()
        engine.fold()
        assert asked_by == set()

        engine.sink.submit(sessions(11, 1)).result(WAIT_SECONDS)
        while len(asked_by) < 2:
            time.sleep(0.001)

    assert asked_by == {"sink", "folds"}


def test_wrong_file_is_refused_as_an_engine_error(tmp_path: Path) -> None:
    """Everything refused on purpose is an EngineError with a code and a sentence."""
    path = tmp_path / "sessions.duckdb"
    path.write_text("not a database", encoding="utf-8")

    with pytest.raises(EngineError) as caught:
        Engine.open(path)

    assert isinstance(caught.value, StorageUnavailable)
    assert caught.value.code == "storage.unavailable"


BATCH = 50
BATCHES = 12
READERS = 6


def test_readers_see_consistent_states_while_another_loads() -> None:
    """Each answer shows a whole number of loads, and its parts agree with each other."""
    with open_engine() as engine:
        engine.load(sessions(1, BATCH))
        done = threading.Event()

        def read() -> list[int]:
            seen = []
            while not done.is_set():
                seen.append(consistent(engine))
            return [*seen, consistent(engine)]

        with ThreadPoolExecutor(READERS) as pool:
            readers = [pool.submit(read) for _ in range(READERS)]
            try:
                for load in range(1, BATCHES):
                    engine.load(sessions(load * BATCH + 1, BATCH))
            finally:
                done.set()
            seen = [reader.result() for reader in readers]

    for states in seen:
        assert all(state % BATCH == 0 for state in states)
        assert states == sorted(states)
        assert states[-1] == BATCH * BATCHES


def consistent(engine: Engine) -> int:
    """Ask one question with all kinds of fields; check that it agrees with itself."""
    line = "field=sum(session)&field=count_unique(user)&field=max(session.duration)&groupBy=release"
    groups = ask(engine, line).result.groups
    for group in groups:
        assert group.series is not None
        sums = sum(int(value or 0) for value in group.series["sum(session)"])
        assert sums == totals(group)["sum(session)"]
        assert totals(group)["count_unique(user)"] == 3
        assert totals(group)["max(session.duration)"] == 1500.0
    counts = [int(str(totals(group)["sum(session)"])) for group in groups]
    assert len(counts) == 2
    assert counts[0] == counts[1]
    return sum(counts)


def test_loads_of_several_threads_take_turns() -> None:
    """Loads at the same time lose nothing and fold into the same sessions."""
    with open_engine() as engine:
        with ThreadPoolExecutor(4) as pool:
            loads = [pool.submit(engine.load, sessions(1 + 20 * it, 40)) for it in range(8)]
            updates = sum(load.result().updates for load in loads)

        assert updates == 320
        assert number(engine) == 180


def test_wrong_questions_of_several_threads_disturb_nobody() -> None:
    """Failing questions beside good ones leave no trace."""
    with open_engine() as engine:
        engine.load(sessions(1, 10))

        def one(turn: int) -> object:
            if turn % 2:
                return number(engine)
            with pytest.raises(InvalidDates):
                ask(engine, "field=sum(session)&statsPeriod=x")
            return 10

        with ThreadPoolExecutor(READERS) as pool:
            assert set(pool.map(one, range(60))) == {10}


def test_a_refused_question_says_where_its_time_went() -> None:
    """The stages that a question went through are kept in the error that ended it."""
    with Engine.open() as engine:
        acme = engine.directory.create_organization("acme")
        engine.directory.create_project(acme.id, "web")

        with pytest.raises(InvalidField) as refused:
            engine.query(Request(fields=("x",)), engine.directory.scope(acme.id), NOW)

    assert list(refused.value.stages) == ["resolve"]


def test_many_rows_are_built_whatever_loads_they_came_in() -> None:
    """Small loads add up: then answers come from what is built, until more is loaded."""
    with open_engine() as engine:
        for number in range(6):
            engine.load(
                [
                    {"project_id": 1, "started": STARTED, "exited": 1 + index % 3}
                    for index in range(10_000)
                ],
            )
            trace = ask(engine, "field=sum(session)").trace
            assert trace.source == "session_hours" + ("" if number == 4 else ", sessions")


def test_long_log_is_written_over_after_a_load(tmp_path: Path) -> None:
    """However many loads come one after the other, the log beside the file stays short."""
    log_bytes = 2**19
    with open_engine(tmp_path / "sessions.duckdb", log_bytes=log_bytes) as engine:
        lengths = []
        for number in range(8):
            engine.load(sessions(1 + 2_000 * number, 2_000))
            lengths.append(engine.sizes()[1])

    assert max(lengths) > log_bytes / 8
    assert max(lengths) <= log_bytes
