"""Random rows and random requests, small enough to collide often.

Owns what is drawn. Does not know what any answer should be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from engine.limits import Limits
from engine.scope import Stage
from schema.catalog import FIELDS, GROUP_KEYS, Kind
from schema.session import COUNT_COLUMNS, NIL_UUID
from tests.building import PlainRegistry, named_uuid
from tests.legs import Pairs, World
from tests.oracle import Row

NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
RELEASES = ("", "nightly", "app@1.0.0", "app@1.2.0+7", "app@2.0.0", "lib@1.2.0")
ENVIRONMENTS = ("", "prod", "dev")
STATUSES = ("ok", "exited", "errored", "unhandled", "abnormal", "crashed", "strange")
SESSIONS = tuple(named_uuid(f"session {number}") for number in range(6))
USERS = (None, NIL_UUID, "u1", "U1", named_uuid("u2"), named_uuid("u2").upper(), "u3")
MECHANISMS = (None, "anr_foreground", "anr_background", "other")
DURATIONS = (None, 0.0, 0.25, 1.5, 20.0, 90.75)
INTERVALS = ("1h", "6h", "12h", "1d")
COUNTED_FIELDS = tuple(field.name for field in FIELDS if field.kind is not Kind.RATE)
ALL_FIELDS = tuple(field.name for field in FIELDS)
STATUS_TERMS = (
    "session.status:crashed",
    "!session.status:healthy",
    "session.status:[healthy, errored]",
    "session.status:bogus",
)
ROW_TERMS = (
    "release:nightly",
    "!release:[app@1.0.0, nightly]",
    'release:""',
    "has:release",
    "environment:prod",
    "!environment:prod",
    "!has:environment",
    "project:[web,mobile]",
    "!project_id:2",
    "release.version:>=1.2",
    "!release.version:1.*",
    "release.package:app",
    "!release.build:7",
    "release:latest",
    "release.stage:adopted",
    "(release:nightly OR environment:dev)",
    "(release:app@2.0.0 AND !environment:dev)",
)
MOMENTS = st.integers(0, 60).map(lambda hours: (NOW - timedelta(hours=hours)).isoformat())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A world and some requests about it."""

    world: World
    requests: tuple[Pairs, ...]


def updates() -> st.SearchStrategy[Row]:
    """Draw one update; few sessions, so that many belong together and contradict each other."""
    return st.fixed_dictionaries(
        {
            "project_id": st.sampled_from((1, 1, 2, 3)),
            "session_id": st.sampled_from(SESSIONS).flatmap(_spelled),
            "started": MOMENTS,
            "timestamp": st.none() | MOMENTS,
            "seq": st.none() | st.integers(0, 3),
            "init": st.sampled_from((None, None, False, True)),
            "status": st.sampled_from(STATUSES),
            "errors": st.sampled_from((None, 0, 0, 2)),
            "duration": st.sampled_from(DURATIONS),
            "distinct_id": st.sampled_from(USERS),
            "release": st.sampled_from((None, *RELEASES)),
            "environment": st.sampled_from((None, *ENVIRONMENTS)),
            "abnormal_mechanism": st.sampled_from(MECHANISMS),
        }
    )


def _spelled(identifier: str) -> st.SearchStrategy[str]:
    return st.sampled_from((identifier, identifier.upper(), identifier.replace("-", "")))


def counted_rows() -> st.SearchStrategy[Row]:
    """Draw one pre-counted row."""
    counts = {name: st.sampled_from((None, 0, 1, 5)) for name in COUNT_COLUMNS[1:]}
    return st.fixed_dictionaries(
        {
            "project_id": st.sampled_from((1, 2)),
            "started": MOMENTS,
            "distinct_id": st.sampled_from((None, "u1", "u9")),
            "release": st.sampled_from(RELEASES),
            "environment": st.sampled_from(ENVIRONMENTS),
            "exited": st.integers(0, 7),
            **counts,
        }
    )


@st.composite
def worlds(draw: st.DrawFn, *, points: int | None = None) -> World:
    """Draw a world: updates, some of them twice, shuffled, in several loads; counted rows too."""
    rows = draw(st.lists(updates(), max_size=24))
    again = draw(st.lists(st.sampled_from(rows), max_size=6)) if rows else []
    counted = draw(st.lists(counted_rows(), max_size=3))
    shuffled = draw(st.permutations([*rows, *again, *counted]))
    cut = draw(st.integers(0, len(shuffled)))
    batches = tuple(tuple(part) for part in (shuffled[:cut], shuffled[cut:]) if part)
    declared = PlainRegistry(names={"prod"})
    declared.seen[1, "prod", "app@1.0.0"] = draw(st.sampled_from(list(Stage)))
    return World(
        now=NOW,
        limits=Limits() if points is None else Limits(points=points),
        readable=draw(st.sampled_from((None, None, frozenset({1, 2})))),
        declared=declared,
        batches=batches,
    )


@st.composite
def requests(draw: st.DrawFn) -> Pairs:
    """Draw a request, mostly one that can be answered."""
    terms = draw(st.lists(st.sampled_from(ROW_TERMS), max_size=2))
    status = draw(st.sampled_from((None, None, None, *STATUS_TERMS)))
    groups = draw(st.lists(st.sampled_from(GROUP_KEYS), unique=True))
    split = status is not None or "session.status" in groups
    names = COUNTED_FIELDS if split and draw(st.integers(0, 9)) else ALL_FIELDS
    fields = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
    pairs = [("field", field) for field in fields] + [("groupBy", key) for key in groups]
    pairs += [("query", draw(_joined([*terms, status] if status else terms)))]
    pairs += draw(_range()) + draw(_page()) + draw(_choices(fields))
    return tuple(pairs)


def _joined(terms: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from((" ", " AND ", " OR ")).map(lambda joint: joint.join(terms))


@st.composite
def _range(draw: st.DrawFn) -> list[tuple[str, str]]:
    interval = draw(st.sampled_from(INTERVALS))
    period = draw(st.sampled_from(("3h", "25h", "1d", "2d", "7d")))
    return [("interval", interval), ("statsPeriod", period)]


@st.composite
def _page(draw: st.DrawFn) -> list[tuple[str, str]]:
    size, offset = draw(st.sampled_from((None, None, 1, 2, 5))), draw(st.integers(0, 2))
    pairs = [] if size is None else [("per_page", str(size))]
    return pairs + ([("cursor", f"0:{offset}:0")] if offset else [])


@st.composite
def _choices(draw: st.DrawFn, fields: Sequence[str]) -> list[tuple[str, str]]:
    """Draw an order, projects, environments, and what is left out."""
    order = draw(st.none() | st.sampled_from(fields))
    sign = draw(st.sampled_from(("", "-")))
    omitted = draw(st.sampled_from((None, None, "includeTotals", "includeSeries")))
    projects = draw(st.sampled_from(((), (), ("1",), ("web", "2"), ("-1",), ("3",))))
    environments = draw(st.sampled_from(((), (), (), ("prod",), ("prod", ""), ("dev",))))
    return [
        *([("orderBy", sign + order)] if order else []),
        *([(omitted, "0")] if omitted else []),
        *(("project", project) for project in projects),
        *(("environment", environment) for environment in environments),
    ]


@st.composite
def askings(draw: st.DrawFn, *, points: int | None = None) -> Asking:
    """Draw a world and several requests about it."""
    asked = draw(st.lists(requests(), min_size=3, max_size=6))
    return Asking(world=draw(worlds(points=points)), requests=tuple(asked))
