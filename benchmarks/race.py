"""Asks every question of every contestant, in turns, and keeps the times.

Owns the rounds. First each answer is checked and everything is warm; then the contestants take
turns within each round, so that a noisy moment hits all of them alike.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import duckdb

from benchmarks import naive
from benchmarks.agreement import differences, same_over_http
from benchmarks.server import Client
from benchmarks.shapes import NOW, Shape
from engine.engine import Engine
from engine.result import Answer

Ask: TypeAlias = Callable[[], object]

_SHOWN_DIFFERENCES = 5
_FEWEST_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The contestants: our engine, a connection for plain SQL to the same file, and a service."""

    engine: Engine
    connection: duckdb.DuckDBPyConnection
    client: Client | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds of each round, at least one."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap:
    """One question: the times of all contestants, and whether their answers agree.

    `stages` are the median seconds of our engine's stages; `wrong` lists the first differences.
    """

    shape: Shape
    ours: Timing
    plain: Timing
    over_http: Timing | None
    stages: Mapping[str, float]
    groups: int
    points: int
    wrong: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """How many times faster than plain SQL we are."""
        return self.plain.median / self.ours.median


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How often to ask, and when to stop asking all the same."""

    most: int
    seconds: float


def race(
    field: Field, shapes: Sequence[Shape], rounds: Rounds, *, progress: Callable[[int, int], None]
) -> tuple[Lap, ...]:
    """Check every answer, then time all contestants; `progress` is told (steps done, of all)."""
    total = len(shapes) * (rounds.most + 1)
    starts = []
    for done, shape in enumerate(shapes, start=1):
        starts.append(_Start(field, shape))
        progress(done, total)
    began = time.perf_counter()
    for number in range(rounds.most):
        if number >= _FEWEST_ROUNDS and time.perf_counter() - began > rounds.seconds:
            break
        for done, start in enumerate(starts, start=1):
            start.run_round(number)
            progress((number + 1) * len(shapes) + done, total)
    progress(total, total)
    return tuple(start.lap() for start in starts)


class _Start:
    """One question at the start line, asked once of everybody and checked."""

    def __init__(self, field: Field, shape: Shape) -> None:
        self._field = field
        self._shape = shape
        organization = field.engine.directory.find_organization(shape.organization)
        if organization is None:
            message = f"the database has no organization {shape.organization}"
            raise LookupError(message)
        self._scope = field.engine.directory.scope(organization.id)
        self._first = self._ask_engine()
        self._statements = self._spell()
        self._wrong = tuple(self._check())
        self._asks = self._contestants()
        self._times: dict[str, list[float]] = {name: [] for name in self._asks}
        self._stages: list[Mapping[str, float]] = []

    def run_round(self, number: int) -> None:
        """Let everybody answer once, beginning with another one in each round."""
        names = tuple(self._asks)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            began = time.perf_counter()
            answer = self._asks[name]()
            self._times[name].append(time.perf_counter() - began)
            if isinstance(answer, Answer):
                self._stages.append(answer.trace.stages)

    def lap(self) -> Lap:
        """Sum up."""
        times = {name: Timing(seconds=tuple(seconds)) for name, seconds in self._times.items()}
        trace = self._first.trace
        return Lap(
            shape=self._shape,
            ours=times["ours"],
            plain=times["plain"],
            over_http=times.get("http"),
            stages={
                stage: statistics.median(stages.get(stage, 0.0) for stages in self._stages)
                for stage in trace.stages
            },
            groups=trace.groups,
            points=trace.points,
            wrong=self._wrong,
        )

    def _contestants(self) -> Mapping[str, Ask]:
        asks: dict[str, Ask] = {"plain": self._ask_plainly, "ours": self._ask_engine}
        client, address = self._field.client, self._shape.address()
        if client is not None:
            asks["http"] = lambda: client.get(address)
        return asks

    def _ask_engine(self) -> Answer:
        return self._field.engine.query(self._shape.request, self._scope, NOW)

    def _ask_plainly(self) -> tuple[naive.Rows, naive.Rows | None]:
        connection, statements = self._field.connection, self._statements
        totals = naive.run(connection, statements.totals)
        return totals, naive.run(connection, statements.series) if statements.series else None

    def _spell(self) -> naive.Statements:
        slugs = self._shape.request.projects
        ids = [one.id for one in self._scope.projects if not slugs or one.slug in slugs]
        result = self._first.result
        window = (result.start, result.end, result.step)
        return naive.spell(naive.TYPED[self._shape.name], ids, window)

    def _check(self) -> list[str]:
        result = self._first.result
        wrong = list(islice(differences(result, *self._ask_plainly()), _SHOWN_DIFFERENCES))
        client = self._field.client
        if client is not None and not same_over_http(result, client.get(self._shape.address())):
            wrong.append("HTTP answers something else")
        return wrong
