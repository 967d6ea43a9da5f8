"""The demo: how much there is of it, that it is the same again, and what it is there to show."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from api.demo import DemoReport, run_demo
from api.demo.products import BAD_RELEASE, CUSTOMERS, FIX_RELEASE, Platform
from engine.engine import Engine
from engine.moments import TIMESTAMP
from engine.request import Request

NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
SESSIONS = 20_000
WITH_IDS = "sessions JOIN session_updates ON arrival = first_update"


def _nowhere(_done: int, _total: int) -> None:
    """Tell nobody how far it is."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport]:
    """Build one demo for all tests of this file."""
    path = tmp_path_factory.mktemp("demo") / "demo.duckdb"
    with Engine.open(path) as engine:
        report = run_demo(engine, sessions=SESSIONS, now=NOW, progress=_nowhere)
    return path, report


@pytest.fixture
def tables(built: tuple[Path, DemoReport]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the demo's tables."""
    with duckdb.connect(str(built[0]), read_only=True) as connection:
        yield connection


@pytest.fixture
def engine(built: tuple[Path, DemoReport]) -> Iterator[Engine]:
    """Open the demo as an engine."""
    with Engine.open(built[0]) as opened:
        yield opened


def _ids(connection: duckdb.DuckDBPyConnection, *platforms: Platform) -> list[int]:
    slugs = [
        (customer.slug, product.slug)
        for customer in CUSTOMERS
        for product in customer.products
        if product.platform in platforms
    ]
    rows = connection.execute(
        "SELECT o.slug, p.slug, p.id FROM projects p JOIN organizations o"
        " ON o.id = p.organization_id"
    ).fetchall()
    return [project_id for organization, slug, project_id in rows if (organization, slug) in slugs]


def _sessions_digest(path: Path) -> tuple[object, ...] | None:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "SELECT count(*), sum(quantity), bit_xor(hash(COLUMNS(*))) FROM sessions"
        ).fetchone()


def test_report_tells_the_size(built: tuple[Path, DemoReport]) -> None:
    """At least 3 organizations, 8 projects and 30 releases, and exactly the sessions asked for."""
    _, report = built

    assert report.organizations >= 3
    assert report.projects >= 8
    assert report.releases >= 30
    assert report.sessions == SESSIONS
    assert report.updates > SESSIONS
    assert report.counted > 0


def test_every_session_is_stored_once(
    built: tuple[Path, DemoReport], tables: duckdb.DuckDBPyConnection
) -> None:
    """What the report counts is what the tables hold."""
    counts = f"SELECT count(session_id), sum(quantity) FROM {WITH_IDS}"  # noqa: S608  (ours)
    singles = tables.execute(counts).fetchone()
    updates = tables.execute("SELECT count(*) FROM session_updates").fetchone()

    assert singles == (SESSIONS, SESSIONS + built[1].counted)
    assert updates == (built[1].updates,)


def test_same_arguments_give_the_same_rows(tmp_path: Path) -> None:
    """Two files with the same seed, size and moment hold the same; once more changes nothing."""
    paths = (tmp_path / "once.duckdb", tmp_path / "twice.duckdb")
    for times, path in enumerate(paths, start=1):
        with Engine.open(path) as engine:
            for _ in range(times):
                run_demo(engine, sessions=500, now=NOW, progress=_nowhere)

    assert _sessions_digest(paths[0]) == _sessions_digest(paths[1])


def test_another_seed_gives_other_rows(tmp_path: Path) -> None:
    """The seed decides."""
    digests = []
    for seed in (1, 2):
        path = tmp_path / f"{seed}.duckdb"
        with Engine.open(path) as engine:
            run_demo(engine, sessions=300, seed=seed, now=NOW, progress=_nowhere)
        digests.append(_sessions_digest(path))

    assert digests[0] != digests[1]


def test_progress_grows_to_the_end() -> None:
    """A progress bar starts at nothing, never goes back, and ends full."""
    steps: list[tuple[int, int]] = []
    with Engine.open() as engine:
        run_demo(engine, sessions=500, now=NOW, progress=lambda *step: steps.append(step))

    assert steps[0] == (0, 500)
    assert steps[-1] == (500, 500)
    assert steps == sorted(steps)
    assert len(steps) > 3


def test_rows_fill_the_ninety_days_up_to_now(tables: duckdb.DuckDBPyConnection) -> None:
    """Every day of the range has sessions; nothing starts outside or comes from the future."""
    first, last, days, told = tables.execute(
        "SELECT min(started), max(started), count(DISTINCT started // 86400),"  # noqa: S608  (ours)
        f" (SELECT max({TIMESTAMP}) FROM session_updates) FROM sessions"
    ).fetchall()[0]

    assert first >= (NOW - timedelta(days=90)).timestamp()
    assert last < NOW.timestamp()
    assert days == 91
    assert told <= NOW.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("seconds", "days"),
    [(0, 90), (1, 91)],
    ids=["at midnight", "a second later"],
)
def test_midnight_is_an_ordinary_moment(seconds: int, days: int) -> None:
    """The range begins and ends where it should when it is cut at no day."""
    now = datetime(2026, 3, 10, tzinfo=UTC) + timedelta(seconds=seconds)
    with Engine.open() as engine:
        run_demo(engine, sessions=5_000, now=now, progress=_nowhere)
        scope = engine.directory.scope(engine.directory.organizations()[0].id)
        request = Request(fields=("sum(session)",), period="90d", interval="1d")
        answer = engine.query(request, scope, now)

    series = answer.result.groups[0].series
    assert series is not None
    assert len(series["sum(session)"]) == days
    assert all(series["sum(session)"][1:-1])


def test_bad_release_shows_and_is_fixed(engine: Engine) -> None:
    """The crash rate jumps with the bad release and is back with the next."""
    organization = engine.directory.find_organization("acme")
    assert organization is not None
    request = Request(
        fields=("crash_rate(session)",),
        groups=("release",),
        projects=("shop-android",),
        period="90d",
        interval="1d",
        series="0",
    )
    answer = engine.query(request, engine.directory.scope(organization.id), NOW)
    rates = {
        group.by["release"]: group.totals["crash_rate(session)"]
        for group in answer.result.groups
        if group.totals is not None
    }
    bad, others = rates.pop(BAD_RELEASE), list(rates.values())

    assert bad is not None
    assert bad > 0.05
    assert rates[FIX_RELEASE] is not None
    assert max(other for other in others if other is not None) < bad / 2


@pytest.mark.parametrize("stage", ["adopted", "low_adoption", "replaced"])
def test_stages_are_known(engine: Engine, stage: str) -> None:
    """Each stage of adoption finds some release."""
    organization = engine.directory.find_organization("acme")
    assert organization is not None
    request = Request(
        fields=("sum(session)",),
        groups=("release",),
        environments=("production",),
        query=f"release.stage:{stage}",
        period="90d",
        interval="1d",
    )
    answer = engine.query(request, engine.directory.scope(organization.id), NOW)

    assert answer.result.groups


def test_releases_roll_out_and_fade(tables: duckdb.DuckDBPyConnection) -> None:
    """On one day several releases are in use, and a release's last share is below its best."""
    several, faded = tables.execute(
        """
        WITH shares AS (
            SELECT started // 604800 AS week, release, count(*) AS sessions
            FROM sessions WHERE project_id IN (SELECT id FROM projects WHERE slug = 'shop-android')
            GROUP BY ALL
        )
        SELECT (SELECT max(releases) FROM (SELECT count(*) AS releases FROM shares GROUP BY week)),
            count(*) FROM (
                SELECT arg_max(sessions, week) AS last, max(sessions) AS best
                FROM shares GROUP BY release
            ) WHERE last < best / 4
        """
    ).fetchall()[0]

    assert several >= 3
    assert faded >= 2


def test_users_come_back(tables: duckdb.DuckDBPyConnection) -> None:
    """People have several sessions on a day they come, and come on several days."""
    a_day, days = tables.execute(
        """
        WITH visits AS (
            SELECT person, started // 86400 AS day, count(*) AS sessions
            FROM sessions WHERE person IS NOT NULL GROUP BY ALL
        )
        SELECT avg(sessions), (SELECT avg(days) FROM (
            SELECT count(*) AS days FROM visits GROUP BY person)) FROM visits
        """
    ).fetchall()[0]

    assert a_day > 1.5
    assert days > 4


def test_platforms_differ(tables: duckdb.DuckDBPyConnection) -> None:
    """Hangs are on Android, unhandled errors on the web, durations in apps, no users on servers."""
    android, web = _ids(tables, Platform.ANDROID), _ids(tables, Platform.WEB)
    apps, servers = _ids(tables, Platform.ANDROID, Platform.IOS), _ids(tables, Platform.SERVER)
    mechanisms, unhandled, timed, counted = (
        {row[0] for row in tables.execute(f"SELECT DISTINCT {what}").fetchall()}
        for what in (
            "abnormal_mechanism || ' ' || project_id FROM sessions"
            " WHERE abnormal_mechanism IS NOT NULL",
            f"sessions.project_id FROM {WITH_IDS} WHERE outcome = 2 AND session_id IS NOT NULL",
            "project_id FROM sessions WHERE duration IS NOT NULL",
            f"sessions.project_id FROM {WITH_IDS} WHERE session_id IS NULL"
            " AND sessions.person IS NULL",
        )
    )

    assert {text.split()[0] for text in mechanisms} == {"anr_foreground", "anr_background"}
    assert {int(text.split()[1]) for text in mechanisms} <= set(android)
    assert unhandled
    assert unhandled <= set(web)
    assert timed == set(apps)
    assert counted == set(servers)


def test_environments_are_several_and_one_is_empty(tables: duckdb.DuckDBPyConnection) -> None:
    """Production leads, and a sender that was never told has the empty name."""
    rows = tables.execute(
        "SELECT environment FROM sessions GROUP BY 1 ORDER BY count(*) DESC"
    ).fetchall()

    assert rows[0] == ("production",)
    assert {row[0] for row in rows} == {"production", "staging", "development", ""}


def test_durations_have_a_heavy_tail(tables: duckdb.DuckDBPyConnection) -> None:
    """The mean lies well above the median, and some sessions last hours."""
    mean, median, longest = tables.execute(
        "SELECT avg(duration), median(duration), max(duration) FROM sessions"
    ).fetchall()[0]

    assert mean > 1.5 * median
    assert longest > 3600
