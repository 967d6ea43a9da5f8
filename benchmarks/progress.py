"""A bar for each part of a benchmark.

Owns how progress is passed on to rich. Does not know what is done.
"""

from collections.abc import Callable

from rich.progress import Progress


def bar(progress: Progress, name: str) -> Callable[[int, int], None]:
    """Add a bar; what is given back moves it, told how much is done and how much there is."""
    task = progress.add_task(name, total=None)
    return lambda done, total: progress.update(task, completed=done, total=total)
