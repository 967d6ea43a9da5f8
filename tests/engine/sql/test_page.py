"""Ordering and cutting in SQL gives the groups that ordering and cutting outside of it gives."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given

from engine.directory import Directory
from engine.execute import run
from engine.groups import Measured
from engine.loading import LoadOptions, load
from engine.plan import Plan, plan
from engine.rows import batches
from engine.shape import measured
from engine.sql.form import LAST, LAST_SHOWN, OFFSET
from engine.sql.lower import Statement, lower, lower_page
from engine.storage import Storage
from tests.building import PROJECTS
from tests.engine.asking import DAY, meant
from tests.engine.sql.questions import plans
from tests.property.profile import PURE

NOON = 1_773_144_000
"""2026-03-10T12:00:00Z."""

STATUSES = ("exited", "ok", "crashed", "abnormal", "unhandled", "errored", "exited")
RELEASES = (
    "",
    "app@1.0.0",
    "app@1.2.0+7",
    "app@2.0.0",
    "lib@1.2.0",
    "nightly",
    "\U0001f40d",
    "\uffee",
)


@pytest.fixture(scope="module")
def filled() -> Iterator[Storage]:
    """Make a storage with sessions of every kind in many small groups, several of them equal."""
    storage = Storage.open(None, threads=1)
    directory = Directory(storage)
    directory.create_organization("acme", id=1)
    for project in PROJECTS:
        directory.create_project(1, project.slug, id=project.id)
    load(storage, directory, batches(map(session, range(1, 400))), LoadOptions())
    yield storage
    storage.close()


def session(number: int) -> Mapping[str, object]:
    """Make one session."""
    return {
        "project_id": number % 3 + 1,
        "session_id": f"{number:032x}",
        "started": NOON - 3600 * (number % 5),
        "release": RELEASES[number % 8],
        "environment": ("", "prod")[number % 11 > 2],
        "status": STATUSES[number % 7],
        "abnormal_mechanism": ("anr_foreground", "anr_background", None)[number % 3],
        "duration": (None, 0.25, 1.5, 60)[number % 4],
        "distinct_id": None if number % 13 == 0 else f"user {number % 17}",
    }


def found(planned: Plan, statement: Statement, storage: Storage) -> tuple[Measured, ...]:
    """Run a statement of a plan, and gather its groups."""
    return measured(run(statement, storage, timeout_seconds=60), planned)


@PURE
@given(planned=plans(min_keys=1))
def test_page_of_a_statement_is_the_page_of_its_reader(filled: Storage, planned: Plan) -> None:
    """Both ways to one page show the same groups in the same order, with the same numbers."""
    whole = found(planned, lower(planned, most_rows=10_000), filled)
    page = found(planned, lower_page(planned), filled)

    assert [group.key for group in page] == [group.key for group in whole]
    on_page = planned.totals.limit - 1
    for one, other in zip(page[:on_page], whole[:on_page], strict=True):
        assert shown(one, planned) == shown(other, planned)


def shown(group: Measured, planned: Plan) -> object:
    """Give what an answer can show of a group: the measures of its totals and of its buckets."""
    totals = {it: group.totals.get(it) for it in planned.totals.measures}
    if planned.series is None:
        return totals
    names = planned.series.measures
    return totals, {it: group.series.get(it) for it in names}


def test_pages_follow_one_another(filled: Storage) -> None:
    """Page after page lists every group once, in one order."""
    line = f"{DAY}&field=crash_free_rate(user)&groupBy=release&groupBy=project"
    everything = found(planned := plan(meant(line)), lower_page(planned), filled)

    pages = [
        found(one, lower_page(one), filled)[:5]
        for offset in range(0, 40, 5)
        for one in [plan(meant(f"{line}&per_page=5&cursor=0:{offset}:0"))]
    ]

    assert [group.key for page in pages for group in page] == [group.key for group in everything]
    assert len(everything) > 20


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("field", ["p50(session.duration)", "crash_rate(session)", "anr_rate()"])
def test_order_of_a_page_is_the_order_outside(filled: Storage, field: str, sign: str) -> None:
    """Nulls are last and ties by key, whichever direction was asked for."""
    line = f"{DAY}&field={field}&field=sum(session)&groupBy=release&orderBy={sign}{field}"
    planned = plan(meant(line))

    whole = found(planned, lower(planned, most_rows=10_000), filled)

    assert [it.key for it in found(planned, lower_page(planned), filled)] == [
        it.key for it in whole
    ]


def test_places_of_a_page_are_values() -> None:
    """Where a page begins and ends is bound; its last group shows no series."""
    line = f"{DAY}&field=sum(session)&groupBy=release&per_page=3&cursor=0:2:0"
    statement = lower_page(plan(meant(line)))

    places = {name: statement.parameters[name] for name in (OFFSET, LAST, LAST_SHOWN)}

    assert places == {OFFSET: 2, LAST: 6, LAST_SHOWN: 5}
