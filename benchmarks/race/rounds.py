"""Asks every question of every contestant, checks the answers, then takes the times in turns.

Owns the rounds. Does not know bars or reports.
"""

import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from benchmarks.data.catalogue import PROJECTS, organization_id
from benchmarks.race.accuracy import Errors, errors
from benchmarks.race.agreement import differences, same_over_http
from benchmarks.race.dialects import DIALECTS, HOURLY, YARDSTICK
from benchmarks.race.field import Field, Progress
from benchmarks.race.ours import ask
from benchmarks.race.statements import Asked, can_answer
from benchmarks.race.worker import Answered
from benchmarks.shapes import STATUS, Shape
from engine.result import Answer, Result

Given = TypeVar("Given")

OURS, HTTP = "ours", "HTTP"
_SHOWN_DIFFERENCES = 5
_ASKS_IN_A_ROW = 5
_LONG_SECONDS = 0.1
_QUOTED = re.compile(r'release:"?([^" ]+)"?')


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap:
    """One question: seconds of each contestant's rounds and of its first ask, and what was wrong.

    A contestant that cannot answer has no times. `errors` are those of the hourly states, and
    `stages` the median seconds of the stages of our engine.
    """

    shape: Shape
    points: int
    seconds: Mapping[str, tuple[float, ...]]
    first: Mapping[str, float]
    wrong: tuple[str, ...]
    errors: tuple[Errors, ...]
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
        self._stages: list[Mapping[str, float]] = []
        self._answer, seconds = _timed(self.ask_engine)
        self._first = {OURS: seconds}
        self.asked = _asked(shape, self._answer)
        self.able = [name for name in field.workers if can_answer(DIALECTS[name], self.asked)]
        self._errors: tuple[Errors, ...] = ()
        self._wrong = tuple(self._check())
        self._seconds: dict[str, list[float]] = {name: [] for name in (OURS, HTTP, *self.able)}

    def run_round(self, number: int) -> None:
        """Let everybody answer once, beginning with another one in each round."""
        names = tuple(self._seconds)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            self._seconds[name].append(self._middle(name))

    def lap(self) -> Lap:
        """Sum up."""
        return Lap(
            shape=self.shape,
            points=self._answer.trace.points,
            seconds={name: tuple(times) for name, times in self._seconds.items()},
            first=self._first,
            wrong=self._wrong,
            errors=self._errors,
            stages={
                stage: statistics.median(stages.get(stage, 0.0) for stages in self._stages)
                for stage in self._answer.trace.stages
            },
        )

    def _middle(self, name: str) -> float:
        """Ask somebody a few times in a row, unless that takes long; the middle time counts.

        After seconds in which others had the processor, a first quick answer says how long its
        caches take to fill, and not how long the answer takes.
        """
        began = time.perf_counter()
        times = [self._time(name)]
        while len(times) < _ASKS_IN_A_ROW and time.perf_counter() - began < _LONG_SECONDS:
            times.append(self._time(name))
        return statistics.median(times)

    def _time(self, name: str) -> float:
        if name == OURS:
            answer, seconds = _timed(self.ask_engine)
            self._stages.append(answer.trace.stages)
            return seconds
        if name == HTTP:
            return _timed(self._ask_service)[1]
        return self._field.workers[name].ask(name, self.asked).seconds

    def ask_engine(self) -> Answer:
        """Have our engine answer."""
        return ask(self._field.engine, self.shape)

    def is_right(self, result: Result) -> bool:
        """Tell whether this is what our engine said at first."""
        return result == self._answer.result

    def is_body(self, body: bytes) -> bool:
        """Tell whether a response says what our engine said at first."""
        return same_over_http(self._answer.result, body)

    def _ask_service(self) -> bytes:
        return self._field.client.get(self.shape.address())

    def _check(self) -> Iterator[str]:
        """Ask everybody else once, and tell what differs from our answer."""
        body, self._first[HTTP] = _timed(self._ask_service)
        if not self.is_body(body):
            yield "HTTP answers something else"
        for name in self.able:
            answered = self._field.workers[name].ask(name, self.asked)
            self._first[name] = answered.seconds
            if name == HOURLY:
                exact = self._field.workers[name].ask(YARDSTICK, self.asked)
                self._errors = errors(exact, answered, self.asked.keys)
            else:
                yield from (f"{name}: {line}" for line in self._differences(answered))

    def _differences(self, answered: Answered) -> list[str]:
        lines = differences(self._answer.result, answered.totals, answered.series)
        return list(islice(lines, _SHOWN_DIFFERENCES))


def line_up(field: Field, shapes: Sequence[Shape], *, progress: Progress) -> tuple[Start, ...]:
    """Ask everybody everything once, and check all answers."""
    starts = []
    for done, shape in enumerate(shapes, start=1):
        starts.append(Start(field, shape))
        progress(done, len(shapes))
    return tuple(starts)


def run(
    starts: Sequence[Start], *, most: int, seconds: float, progress: Progress
) -> tuple[Lap, ...]:
    """Time all contestants, at least once, until time is up."""
    total = len(starts) * most
    began = time.perf_counter()
    for number in range(most):
        if number and time.perf_counter() - began > seconds:
            break
        for done, start in enumerate(starts, start=1):
            start.run_round(number)
            progress(number * len(starts) + done, total)
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
        organization_id=organization_id(shape.organization),
        project_ids=ids,
        environments=tuple(request.environments),
        releases=tuple(_QUOTED.findall(request.query or "")),
        window=(result.start, result.end, result.step),
        most=len(result.groups) if request.orders and STATUS not in request.groups else None,
        series=request.series != "0",
    )
