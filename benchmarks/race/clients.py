"""Several clients at once: each takes the next question as soon as it has its answer.

Owns the threads, whose connection is whose, and when it is too late to begin another question.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

Connection = TypeVar("Connection")
Question = TypeVar("Question")
Given = TypeVar("Given")


def at_once(
    connections: Sequence[Connection],
    ask: Callable[[Connection, Question], Given],
    questions: Sequence[Question],
    *,
    within: float,
) -> tuple[list[Given | None], float]:
    """Ask all questions that can be begun within so many seconds, over each connection one by one.

    Give the answers, None to what was not asked, and the seconds until the last of them.
    """
    idle: SimpleQueue[Connection] = SimpleQueue()
    for connection in connections:
        idle.put(connection)
    began = time.perf_counter()

    def ask_next(question: Question) -> Given | None:
        if time.perf_counter() - began > within:
            return None
        mine = idle.get()
        try:
            return ask(mine, question)
        finally:
            idle.put(mine)

    with ThreadPoolExecutor(len(connections)) as clients:
        answers = list(clients.map(ask_next, questions))
        return answers, time.perf_counter() - began
