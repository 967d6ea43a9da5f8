"""Our own database of the contest: loaded day by day, corrected late, measured.

Owns what is done to our files. Does not know the questions.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import orjson
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.data import Data
from benchmarks.data.catalogue import CUSTOMERS
from benchmarks.data.files import NOW
from benchmarks.shapes import SESSIONS, STATUS, Shape
from engine.engine import Engine
from engine.request import Request
from engine.result import Answer

_DAYS_BACK = 40
_BY_DAY = Shape(
    name="statuses-daily",
    title="Sessions by status, 90 d by 1 d",
    organization=CUSTOMERS[0].slug,
    request=Request(fields=(SESSIONS,), groups=(STATUS,), period="90d", interval="1d"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A crash told weeks later: seconds until it was answered; `right` if only its day changed."""

    seconds: float
    right: bool


def build(path: Path, data: Data) -> None:
    """Register everybody and load all files; the seconds of loading are kept beside the file."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with Engine.open(unfinished) as engine:
        for customer in CUSTOMERS:
            one = engine.directory.create_organization(customer.slug, name=customer.name)
            for product in customer.products:
                engine.directory.create_project(one.id, product.slug, name=product.name)
        began = time.perf_counter()
        for file in data.files:
            engine.load(pq.read_table(file))
        engine.build()
    loading = time.perf_counter() - began
    path.with_suffix(".json").write_bytes(orjson.dumps({"load_seconds": loading}))
    unfinished.rename(path)


def load_seconds(path: Path) -> float:
    """Give what `build` measured, until everything was in the file."""
    return float(orjson.loads(path.with_suffix(".json").read_bytes())["load_seconds"])


def first_answer(path: Path, shape: Shape) -> tuple[float, float]:
    """Open the database and ask one question; give the seconds of both."""
    began = time.perf_counter()
    with Engine.open(path) as engine:
        opening = time.perf_counter() - began
        ask(engine, shape)
        return opening, time.perf_counter() - began - opening


def ask(engine: Engine, shape: Shape) -> Answer:
    """Ask one question at the moment at which the data end."""
    organization = engine.directory.find_organization(shape.organization)
    assert organization is not None, "build has made it"
    return engine.query(shape.request, engine.directory.scope(organization.id), NOW)


def late_update(path: Path, data: Data) -> Late:
    """Tell one old session's crash, and ask at once; changes the file."""
    day = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=_DAYS_BACK)
    rows = pq.read_table(data.folder / f"{day:%Y-%m-%d}.parquet")
    fine = pc.and_(
        pc.equal(rows["status"], "exited"),
        pc.and_(pc.equal(rows["project_id"], 1), pc.greater_equal(rows["started"], day)),
    )
    healthy = rows.filter(pc.and_(fine, pc.equal(rows["errors"], 0))).slice(0, 1).to_pylist()[0]
    told = {**healthy, "seq": 9, "init": False, "status": "crashed", "timestamp": NOW}
    with Engine.open(path) as engine:
        before = _crashes(engine)
        began = time.perf_counter()
        engine.load([{name: value for name, value in told.items() if value is not None}])
        after = _crashes(engine)
        seconds = time.perf_counter() - began
    pairs = enumerate(zip(before, after, strict=True))
    changed = {number: now - then for number, (then, now) in pairs if now != then}
    return Late(seconds=seconds, right=changed == {len(before) - 1 - _DAYS_BACK: 1})


def _crashes(engine: Engine) -> list[float]:
    result = ask(engine, _BY_DAY).result
    crashed = next(group for group in result.groups if group.by[STATUS] == "crashed")
    return [number or 0 for number in (crashed.series or {})[SESSIONS]]
