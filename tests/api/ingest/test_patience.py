"""Senders are waited for, each as long as any other, by one timer."""

import asyncio

import pytest

from api.ingest.patience import Patience, PatienceLost


async def sleeping(patience: Patience, seconds: float) -> str:
    """Take some time, and say how it ended."""
    try:
        with patience.waiting():
            await asyncio.sleep(seconds)
    except PatienceLost:
        return "lost"
    return "done"


def test_who_is_slow_is_given_up() -> None:
    """Each has the whole time, counted from its own beginning; those in time are left alone."""

    async def scene() -> list[str]:
        patience = Patience(0.2)
        first = asyncio.create_task(sleeping(patience, 60))
        await asyncio.sleep(0.1)
        others = [sleeping(patience, seconds) for seconds in (0, 0.02, 60)]
        return await asyncio.gather(first, *others)

    assert asyncio.run(scene()) == ["lost", "done", "done", "lost"]


def test_task_may_wait_again() -> None:
    """A block that ended in time does not count against the next, nor does one that was lost."""

    async def scene() -> list[str]:
        patience = Patience(0.05)
        return [await sleeping(patience, seconds) for seconds in (0.03, 0.03, 60, 0.03)]

    assert asyncio.run(scene()) == ["done", "done", "lost", "done"]


def test_being_cancelled_is_something_else() -> None:
    """Who is stopped for another reason is not told to have been slow."""

    async def scene() -> None:
        task = asyncio.create_task(sleeping(Patience(60), 60))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scene())
