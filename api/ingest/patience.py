"""How long senders are waited for: the same time for each, watched by one timer for all.

Owns the timer. Does not know what is waited for. Used from one thread.

A timer for each request would cost more than reading it: nearly all have arrived already.
"""

import asyncio
from types import TracebackType
from typing import Any, Self, TypeAlias

_Task: TypeAlias = "asyncio.Task[Any]"


class PatienceLost(Exception):
    """It took too long."""


class Patience:
    """Waits for many tasks at once, for each as long as for any other."""

    def __init__(self, seconds: float) -> None:
        """Begin with nobody to wait for."""
        self._seconds = seconds
        self._began: dict[_Task, float] = {}
        self._lost: set[_Task] = set()
        self._timer: asyncio.TimerHandle | None = None

    def waiting(self) -> "_Waiting":
        """Give up the task that runs a block of code, by PatienceLost, if that takes too long."""
        return _Waiting(self)

    def begin(self, task: _Task) -> None:
        """Wait for a task from now on."""
        loop = task.get_loop()
        self._began[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._give_up, loop)

    def end(self, task: _Task) -> bool:
        """Wait for it no more; tell whether it was given up."""
        self._began.pop(task, None)
        if task not in self._lost:
            return False
        self._lost.discard(task)
        task.uncancel()
        return True

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up those who are over their time; the others stand in the order of theirs."""
        self._timer = None
        for task, began in tuple(self._began.items()):
            left = began + self._seconds - loop.time()
            if left > 0:
                self._timer = loop.call_later(left, self._give_up, loop)
                return
            del self._began[task]
            self._lost.add(task)
            task.cancel()


class _Waiting:
    """One block of code that is waited for."""

    __slots__ = ("_patience", "_task")

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None, "only a task can be given up"
        self._task = task
        self._patience.begin(task)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._patience.end(self._task) and kind is asyncio.CancelledError:
            raise PatienceLost from None
