"""Eight clients ask at once: how many questions a second each contestant answers.

Owns the crowd. Does not know how one question alone is timed.
"""

import random
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from benchmarks.race.clients import at_once
from benchmarks.race.field import Field, Progress
from benchmarks.race.rounds import HTTP, OURS, Start

CLIENTS = 8
_MOST_ROUNDS = 3
_WITHIN_SECONDS = 120.0
"""Nobody is asked another question after so long."""

_SEED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What one contestant got done in a round."""

    answered: int
    seconds: float

    @property
    def rate(self) -> float:
        """Questions a second."""
        return self.answered / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many questions a round had, and what each contestant got done in its rounds.

    `wrong` names those to which we say something else than to one client alone; `failed` tells of
    the others who could not bear it.
    """

    questions: int
    passed: Mapping[str, tuple[Passed, ...]]
    wrong: tuple[str, ...]
    failed: Mapping[str, str]

    def rate(self, name: str) -> float | None:
        """Say how many questions a second somebody answers; None if they failed."""
        if name in self.failed:
            return None
        return statistics.median(one.rate for one in self.passed[name])


def run(field: Field, starts: Sequence[Start], *, rounds: int, progress: Progress) -> Crowd:
    """Ask everybody in turn what all can answer, another one first each round."""
    names = (OURS, HTTP, *field.workers)
    asked = [start for start in starts if set(start.able) == set(field.workers)]
    random.Random(_SEED).shuffle(asked)  # noqa: S311  (an order that hides no secret)
    passed: dict[str, list[Passed]] = {name: [] for name in names}
    wrong: set[str] = set()
    failed: dict[str, str] = {}
    most = min(rounds, _MOST_ROUNDS)
    for number in range(most):
        first = number % len(names)
        for done, name in enumerate(names[first:] + names[:first], start=1):
            try:
                one, differing = _ask(field, name, asked)
            except ChildProcessError as error:
                failed[name] = str(error)
            else:
                passed[name].append(one)
                wrong.update(differing)
            progress(number * len(names) + done, most * len(names))
    return Crowd(
        questions=len(asked),
        passed={name: tuple(rounds_of) for name, rounds_of in passed.items()},
        wrong=tuple(sorted(wrong)),
        failed=failed,
    )


def _ask(field: Field, name: str, asked: Sequence[Start]) -> tuple[Passed, list[str]]:
    """Have one contestant answer; give what got done, and to what we said something else."""
    if name in field.workers:
        answered, seconds = field.workers[name].ask_all(
            name, [start.asked for start in asked], clients=CLIENTS, within=_WITHIN_SECONDS
        )
        return Passed(answered=answered, seconds=seconds), []
    right, seconds = _ask_engine(field, asked) if name == OURS else _ask_service(field, asked)
    wrong = [start.shape.name for start, one in zip(asked, right, strict=True) if one is False]
    return Passed(answered=sum(one is not None for one in right), seconds=seconds), wrong


def _ask_engine(field: Field, asked: Sequence[Start]) -> tuple[list[bool | None], float]:
    answers, seconds = at_once(
        [field.engine] * CLIENTS,
        lambda _engine, start: start.ask_engine(),
        asked,
        within=_WITHIN_SECONDS,
    )
    pairs = zip(asked, answers, strict=True)
    return [None if one is None else start.is_right(one.result) for start, one in pairs], seconds


def _ask_service(field: Field, asked: Sequence[Start]) -> tuple[list[bool | None], float]:
    with ExitStack() as opened:
        clients = [opened.enter_context(closing(field.client.another())) for _ in range(CLIENTS)]
        bodies, seconds = at_once(
            clients,
            lambda client, start: client.get(start.shape.address()),
            asked,
            within=_WITHIN_SECONDS,
        )
    pairs = zip(asked, bodies, strict=True)
    return [None if body is None else start.is_body(body) for start, body in pairs], seconds
