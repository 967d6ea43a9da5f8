"""Asks every question of every contestant, checks the answers, then takes the times in turns.

Owns the rounds. Does not know bars or reports.
"""

import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from benchmarks.data.catalogue import PROJECTS
from benchmarks.data.files import NOW
from benchmarks.race.agreement import differences, same_over_http
from benchmarks.race.dialects import DIALECTS, HOURLY
from benchmarks.race.field import Field, Progress
from benchmarks.race.rows import Rows
from benchmarks.race.statements import Asked, can_answer
from benchmarks.race.worker import Answered
from benchmarks.shapes import STATUS, Shape
from engine.result import Answer

Given = TypeVar("Given")

OURS, HTTP = "ours", "HTTP"
_SHOWN_DIFFERENCES = 5
_QUOTED = re.compile(r'release:"?([^" ]+)"?')


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap:
    """One question: seconds of each contestant's rounds and of its first ask, and what was wrong.

    A contestant that cannot answer has no times. `error` is the hourly states' greatest relative
    error in a total, or None. `stages` are the median seconds of the stages of our engine.
    """

    shape: Shape
    points: int
    seconds: Mapping[str, tuple[float, ...]]
    first: Mapping[str, float]
    wrong: tuple[str, ...]
    error: float | None
    stages: Mapping[str, float]

    def median(self, name: str) -> float | None:
        """The middle of a contestant's rounds."""
        return statistics.median(self.seconds[name]) if self.seconds.get(name) else None

    def ratio(self, name: str) -> float | None:
        """How many times faster we are than somebody; None if they cannot."""
        theirs, own = self.median(name), self.median(OURS)
        return theirs / own if theirs is not None and own else None


class Start:
    """One question at the start line, asked once of everybody and checked."""

    def __init__(self, field: Field, shape: Shape) -> None:
        """Ask everybody once, without a warning: this is the cold time."""
        self._field = field
        self.shape = shape
        organization = field.engine.directory.find_organization(shape.organization)
        assert organization is not None
        self._scope = field.engine.directory.scope(organization.id)
        self._stages: list[Mapping[str, float]] = []
        self._answer, seconds = _timed(self._ask_engine)
        self._first = {OURS: seconds}
        self._asked = _asked(shape, self._answer)
        self._able = [name for name in field.workers if can_answer(DIALECTS[name], self._asked)]
        self._wrong, self._error = self._check()
        self._seconds: dict[str, list[float]] = {name: [] for name in (OURS, HTTP, *self._able)}

    def run_round(self, number: int) -> None:
        """Let everybody answer once, beginning with another one in each round."""
        names = tuple(self._seconds)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            self._seconds[name].append(self._time(name))

    def lap(self) -> Lap:
        """Sum up."""
        return Lap(
            shape=self.shape,
            points=self._answer.trace.points,
            seconds={name: tuple(times) for name, times in self._seconds.items()},
            first=self._first,
            wrong=tuple(self._wrong),
            error=self._error,
            stages={
                stage: statistics.median(stages.get(stage, 0.0) for stages in self._stages)
                for stage in self._answer.trace.stages
            },
        )

    def _time(self, name: str) -> float:
        if name == OURS:
            answer, seconds = _timed(self._ask_engine)
            self._stages.append(answer.trace.stages)
            return seconds
        if name == HTTP:
            return _timed(self._ask_service)[1]
        return self._field.workers[name].ask(name, self._asked).seconds

    def _ask_engine(self) -> Answer:
        return self._field.engine.query(self.shape.request, self._scope, NOW)

    def _ask_service(self) -> bytes:
        return self._field.client.get(self.shape.address())

    def _check(self) -> tuple[list[str], float | None]:
        wrong, error = [], None
        body, self._first[HTTP] = _timed(self._ask_service)
        if not same_over_http(self._answer.result, body):
            wrong.append("HTTP answers something else")
        for name in self._able:
            answered = self._field.workers[name].ask(name, self._asked)
            self._first[name] = answered.seconds
            if name == HOURLY:
                error = _error(self._answer, answered.totals, self._asked)
            else:
                wrong += [f"{name}: {line}" for line in self._differences(answered)]
        return wrong, error

    def _differences(self, answered: Answered) -> list[str]:
        lines = differences(self._answer.result, answered.totals, answered.series)
        return list(islice(lines, _SHOWN_DIFFERENCES))


def run(
    field: Field, shapes: Sequence[Shape], *, most: int, seconds: float, progress: Progress
) -> tuple[Lap, ...]:
    """Check every answer, then time all contestants, at least once, until time is up."""
    total = len(shapes) * (most + 1)
    starts = []
    for done, shape in enumerate(shapes, start=1):
        starts.append(Start(field, shape))
        progress(done, total)
    began = time.perf_counter()
    for number in range(most):
        if number and time.perf_counter() - began > seconds:
            break
        for done, start in enumerate(starts, start=1):
            start.run_round(number)
            progress((number + 1) * len(shapes) + done, total)
    progress(total, total)
    return tuple(start.lap() for start in starts)


def _timed(ask: Callable[[], Given]) -> tuple[Given, float]:
    began = time.perf_counter()
    given = ask()
    return given, time.perf_counter() - began


def _asked(shape: Shape, answer: Answer) -> Asked:
    request, result = shape.request, answer.result
    ids = tuple(
        number
        for number, (organization, product) in PROJECTS.items()
        if organization == shape.organization
        and (not request.projects or product.slug in request.projects)
    )
    return Asked(
        fields=tuple(request.fields),
        groups=tuple(request.groups),
        project_ids=ids,
        environments=tuple(request.environments),
        releases=tuple(_QUOTED.findall(request.query or "")),
        window=(result.start, result.end, result.step),
        most=len(result.groups) if request.orders and STATUS not in request.groups else None,
        series=request.series != "0",
    )


def _error(answer: Answer, totals: Rows, asked: Asked) -> float:
    """Compare with the exact totals, group by group, whatever is above nothing."""
    keys = len(asked.keys)
    theirs = {row[:keys]: dict(zip(totals.names, row, strict=True)) for row in totals.rows}
    column = {"project": "project_id"}
    worst = 0.0
    for group in answer.result.groups:
        by = {column.get(key, key): value for key, value in group.by.items() if key != STATUS}
        row = theirs.get(tuple(by[key] for key in asked.keys), {})
        for field, exact in (group.totals or {}).items():
            number = row.get(f"{field} {group.by.get(STATUS, '')}".strip())
            if exact and isinstance(number, int | float):
                worst = max(worst, abs(number / exact - 1))
    return worst
