"""When each release was adopted and given up, over a list of sessions: the rule once more, slowly.

Owns the rule in plain Python, without SQL. Does not know the engine.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Counted:
    """Sessions of one release in one environment of one project, that started at one second."""

    environment: str
    release: str
    started: int
    quantity: int


def adoptions(sessions: Iterable[Counted]) -> Mapping[tuple[str, str], tuple[int, int | None]]:
    """Map (environment, release) to the hours since when it was adopted, and no longer was."""
    rows = list(sessions)
    found: dict[tuple[str, str], tuple[int, int | None]] = {}
    for environment in {row.environment for row in rows}:
        there = [row for row in rows if row.environment == environment]
        hours = sorted({row.started // HOUR for row in there})
        for release in {row.release for row in there} - {""}:
            strong = [hour for hour in hours if is_adopted(there, release, hour)]
            if strong:
                after = [hour for hour in hours if hour > strong[-1]]
                found[environment, release] = (strong[0], after[0] if after else None)
    return found


def is_adopted(rows: Iterable[Counted], release: str, hour: int) -> bool:
    """Tell whether a release has a tenth of what happened in the six hours up to this one."""
    recent = [row for row in rows if hour - 6 < row.started // HOUR <= hour]
    own = sum(row.quantity for row in recent if row.release == release)
    return own > 0 and 10 * own >= sum(row.quantity for row in recent)
