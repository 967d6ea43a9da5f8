"""Four ways to ask the same question: the oracle, two engines, and HTTP.

Owns how a world is set up for each, and the one form their replies take. Does not know what the
answer should be.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlencode

from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from engine.engine import Engine
from engine.errors import EngineError, Forbidden, NotFound
from engine.limits import Limits
from engine.plan import Source
from engine.result import Group, Result
from engine.tokens import Grant
from tests.building import (
    ORGANIZATION,
    ORGANIZATION_ID,
    PlainRegistry,
    open_engine,
    plain_scope,
    request_of,
    tell_engine,
)
from tests.oracle import Refused, Row, answer

Pairs: TypeAlias = Sequence[tuple[str, str]]
SECRET = "0123456789abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is loaded and known, what time it is, and how much may be asked."""

    now: datetime
    limits: Limits
    readable: frozenset[int] | None
    declared: PlainRegistry
    batches: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status, a body of JSON values, and where the neighbouring pages start."""

    status: int
    body: Mapping[str, object]
    page: Mapping[str, int] = field(default_factory=dict)

    def groups(self) -> list[Mapping[str, object]]:
        """Give the groups of an answer; none of a refusal."""
        groups = self.body.get("groups", [])
        assert isinstance(groups, list)
        return groups


Ask: TypeAlias = Callable[[Pairs], Reply]
Leg: TypeAlias = Callable[[World, Path], AbstractContextManager[Ask]]


@contextmanager
def oracle(world: World, _folder: Path) -> Iterator[Ask]:
    """Answer by the rules, naively."""
    registry = PlainRegistry(
        names=set(world.declared.names),
        added=dict(world.declared.added),
        seen=dict(world.declared.seen),
    )
    rows = [row for batch in world.batches for row in batch]
    registry.learn(rows)

    def ask(pairs: Pairs) -> Reply:
        try:
            found = answer(
                rows,
                request_of(pairs),
                scope=plain_scope(world.readable),
                registry=registry,
                now=world.now,
                limits=world.limits,
            )
        except Refused as refusal:
            return Reply(status=refusal.status, body={"detail": refusal.detail})
        page = {
            "previous": found.page.previous_offset,
            "next": found.page.next_offset,
            "more": int(found.page.more),
        }
        return Reply(status=200, body=found.body, page=page)

    yield ask


@contextmanager
def engine_in_memory(world: World, _folder: Path) -> Iterator[Ask]:
    """Answer with an engine that keeps everything in memory."""
    with open_engine(limits=world.limits) as engine:
        fill(engine, world)
        yield lambda pairs: ask_engine(engine, world, pairs)


@contextmanager
def engine_on_file(world: World, folder: Path) -> Iterator[Ask]:
    """Answer with an engine that was closed and opened again between load and question."""
    path = folder / "sessions.duckdb"
    with open_engine(path, limits=world.limits) as engine:
        fill(engine, world)
    with open_engine(path, limits=world.limits) as engine:
        yield lambda pairs: ask_engine(engine, world, pairs)


@contextmanager
def engine_built(world: World, _folder: Path) -> Iterator[Ask]:
    """Answer with an engine whose derived tables are built after every batch but the last."""
    with open_engine(limits=world.limits) as engine:
        fill(engine, replace(world, batches=world.batches[:-1]), build=True)
        fill(engine, replace(world, batches=world.batches[-1:]))
        yield lambda pairs: ask_engine(engine, world, pairs)


@contextmanager
def engine_all_built(world: World, _folder: Path) -> Iterator[Ask]:
    """Answer with an engine whose derived tables are built of everything."""
    with open_engine(limits=world.limits) as engine:
        fill(engine, world, build=True)
        yield lambda pairs: ask_engine(engine, world, pairs)


@contextmanager
def engine_of_sessions(world: World, _folder: Path) -> Iterator[Ask]:
    """Answer with an engine that only ever asks the sessions themselves."""
    with open_engine(limits=world.limits, sources=(Source.SESSIONS,)) as engine:
        fill(engine, world)
        yield lambda pairs: ask_engine(engine, world, pairs)


@contextmanager
def http(world: World, _folder: Path) -> Iterator[Ask]:
    """Answer over HTTP, with a token and a clock that stands still."""
    with open_engine(limits=world.limits) as engine:
        fill(engine, world)
        grant = Grant(organization_id=ORGANIZATION_ID, project_ids=world.readable)
        engine.tokens.create("test", [grant], now=world.now, secret=SECRET)
        app = create_app(Settings(log_level="error"), clock=lambda: world.now, engine=engine)
        with TestClient(app) as client:
            yield lambda pairs: ask_http(client, ORGANIZATION, pairs)


LEGS: Mapping[str, Leg] = {
    "oracle": oracle,
    "memory": engine_in_memory,
    "file": engine_on_file,
    "sessions": engine_of_sessions,
    "built": engine_all_built,
    "half built": engine_built,
    "http": http,
}


def fill(engine: Engine, world: World, *, build: bool = False) -> None:
    """Tell an engine what is known, and load the rows batch by batch; perhaps build after each."""
    tell_engine(engine, world.declared)
    for batch in world.batches:
        engine.load(batch)
        if build:
            engine.build()


def ask_engine(engine: Engine, world: World, pairs: Pairs) -> Reply:
    """Ask an engine directly."""
    scope = engine.directory.scope(ORGANIZATION_ID, readable=world.readable)
    try:
        result = engine.query(request_of(pairs), scope, world.now).result
    except EngineError as error:
        status = (
            404 if isinstance(error, NotFound) else 403 if isinstance(error, Forbidden) else 400
        )
        return Reply(status=status, body={"detail": error.message})
    page = {
        "previous": result.page.previous_offset,
        "next": result.page.next_offset,
        "more": int(result.page.more),
    }
    return Reply(status=200, body=body_of(result), page=page)


def body_of(result: Result) -> dict[str, object]:
    """Spell a result as the JSON values of an answer."""
    return {
        "groups": [_group(group) for group in result.groups],
        "start": _stamp(result.start),
        "end": _stamp(result.end),
        "intervals": [_stamp(s) for s in range(result.start, result.end, result.step)],
        "query": result.query,
    }


def _group(group: Group) -> dict[str, object]:
    parts: dict[str, object] = {"by": dict(group.by)}
    if group.totals is not None:
        parts["totals"] = dict(group.totals)
    if group.series is not None:
        parts["series"] = {name: list(numbers) for name, numbers in group.series.items()}
    return parts


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ask_http(client: TestClient, organization: str, pairs: Pairs, secret: str = SECRET) -> Reply:
    """Ask over HTTP and read the `Link` header."""
    response = client.get(
        f"/api/0/organizations/{organization}/sessions/?{urlencode(pairs)}",
        headers={"Authorization": f"Bearer {secret}"},
    )
    link = response.headers.get("link", "")
    return Reply(status=response.status_code, body=response.json(), page=read_link(link))


def read_link(header: str) -> dict[str, int]:
    """Read where the neighbouring pages start, and whether there is a next one."""
    page: dict[str, int] = {}
    for relation, results, cursor in re.findall(
        r'rel="(\w+)"; results="(\w+)"; cursor="\d+:(\d+):[01]"', header
    ):
        page[relation] = int(cursor)
        page["more" if relation == "next" else "earlier"] = int(results == "true")
    return page
