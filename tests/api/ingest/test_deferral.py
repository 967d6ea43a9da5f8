"""Envelopes wait a moment for a question that has just arrived: how long, and in which order."""

import asyncio
from collections.abc import Mapping

import pytest
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send
from structlog.testing import ReturnLogger

from api.ingest.deferral import DEFERRED_SECONDS, Deferral
from api.ingest.routes import IngestRoutes

LONG_SECONDS = 10 * DEFERRED_SECONDS


class Watch:
    """Seconds that stand still until they are set."""

    seconds = 0.0

    def __call__(self) -> float:
        """Give them."""
        return self.seconds


class Queue:
    """A deferral, and the envelopes that it has taken up."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.watch = Watch()
        self.deferral = Deferral(seconds=self.watch)
        self.taken: list[str] = []

    def put(self, *names: str) -> None:
        """Bring envelopes."""
        for name in names:
            self.deferral.take_up(lambda name=name: self.taken.append(name))  # type: ignore[misc]  # a lambda with a default

    async def settled(self) -> list[str]:
        """Wait until all that were brought are taken up."""
        self.put("last")
        while self.taken[-1:] != ["last"]:  # noqa: ASYNC110  (only what is tested could tell it)
            await asyncio.sleep(0.001)
        return self.taken[:-1]


def test_without_a_question_nothing_waits() -> None:
    """Neither before one, nor after."""

    async def scene() -> list[str]:
        queue = Queue()
        queue.put("a")
        with queue.deferral.question():
            pass
        queue.put("b")
        return queue.taken

    assert asyncio.run(scene()) == ["a", "b"]


def test_what_waited_is_taken_up_when_the_last_answer_is_on_its_way() -> None:
    """In the order in which it came, also what came after that; the answer is written first."""

    async def scene() -> list[list[str]]:
        queue = Queue()
        seen = []
        with queue.deferral.question():
            with queue.deferral.question():
                queue.put("a", "b")
            await asyncio.sleep(0)
            queue.put("c")
            seen.append([*queue.taken])
        queue.put("d")
        seen.append([*queue.taken])
        return [*seen, await queue.settled()]

    assert asyncio.run(scene()) == [[], [], ["a", "b", "c", "d"]]


def test_nothing_waits_for_a_question_that_takes_long() -> None:
    """A younger one beside it is waited for."""

    async def scene() -> list[list[str]]:
        queue = Queue()
        seen = []
        with queue.deferral.question():
            queue.watch.seconds = DEFERRED_SECONDS
            queue.put("a")
            with queue.deferral.question():
                queue.put("b")
                seen.append([*queue.taken])
        return [*seen, await queue.settled()]

    assert asyncio.run(scene()) == [["a"], ["a", "b"]]


def test_nothing_waits_long() -> None:
    """A question that does not end, such as one of a slow reader, holds nobody up."""

    async def scene() -> list[list[str]]:
        queue = Queue()
        with queue.deferral.question():
            queue.put("a", "b")
            waited = await queue.settled()
            queue.watch.seconds = LONG_SECONDS
            queue.put("c")
            return [waited, queue.taken]

    assert asyncio.run(scene()) == [["a", "b"], ["a", "b", "last", "c"]]


def test_one_that_fails_holds_up_no_other() -> None:
    """Whoever fails is to tell it; if it does not, the loop does, and the next one is taken up."""

    async def scene() -> tuple[list[str], list[object]]:
        queue, told = Queue(), list[object]()
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: told.append(type(context["exception"]))
        )

        def fail() -> None:
            raise KeyError

        with queue.deferral.question():
            queue.put("a")
            queue.deferral.take_up(fail)
            queue.put("b")
        return await queue.settled(), told

    assert asyncio.run(scene()) == (["a", "b"], [KeyError])


@pytest.mark.parametrize(
    ("scope", "waits"),
    [
        ({"type": "http", "path": "/health"}, True),
        ({"type": "http", "path": "/api/0/organizations/acme/sessions/"}, True),
        ({"type": "lifespan"}, False),
        ({"type": "websocket", "path": "/"}, False),
    ],
    ids=str,
)
def test_what_is_a_question(scope: Mapping[str, str], waits: bool) -> None:  # noqa: FBT001  (a case)
    """All requests that bring no envelope; the life of the application is none. Failing ends it."""

    async def scene() -> tuple[list[str], list[str]]:
        queue = Queue()
        seen: list[str] = []

        async def application(_: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  (the shape of an application)
            queue.put("a")
            seen.extend(queue.taken)
            raise KeyError

        state = State({"deferral": queue.deferral})
        front = IngestRoutes(application, state=state, log=ReturnLogger())  # type: ignore[arg-type]  # a logger for tests
        with pytest.raises(KeyError):
            await front({**scope}, None, None)  # type: ignore[arg-type]  # nothing is said
        await queue.settled()
        queue.put("b")
        return seen, queue.taken

    assert asyncio.run(scene()) == ([] if waits else ["a"], ["a", "last", "b"])
