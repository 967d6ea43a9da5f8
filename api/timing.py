"""How long each stage of a request took, and the `Server-Timing` header that says so.

Owns the stopwatch. Does not know which stages there are.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Collects the seconds of named stages, in the order they ended."""

    def __init__(self) -> None:
        """Start counting."""
        self._started = perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a `with` block, also one that fails."""
        started = perf_counter()
        try:
            yield
        finally:
            self._stages[name] = perf_counter() - started

    def add(self, stages: Mapping[str, float]) -> None:
        """Take over stages that somebody else timed, in seconds."""
        self._stages.update(stages)

    @property
    def stages(self) -> Mapping[str, float]:
        """Map each stage to its seconds."""
        return dict(self._stages)

    @property
    def seconds(self) -> float:
        """Count from the start until now."""
        return perf_counter() - self._started


def milliseconds(seconds: float) -> float:
    """Spell seconds as milliseconds with three decimals."""
    return round(seconds * 1000, 3)


def server_timing(stages: Mapping[str, float]) -> str:
    """Spell stages as `name;dur=<milliseconds>`, joined by commas; names become header tokens."""
    return ", ".join(
        f"{_token(name)};dur={milliseconds(seconds):.3f}" for name, seconds in stages.items()
    )


def _token(name: str) -> str:
    safe = (letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    return "".join(safe)
