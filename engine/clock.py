"""The time, read in one place.

Owns what "now" means. Below the pipeline nobody asks: `now` is an argument.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Gives an aware moment in UTC."""


def real_clock() -> datetime:
    """Read the machine's clock."""
    return datetime.now(UTC)


def frozen_clock(moment: datetime) -> Clock:
    """Make a clock that always says `moment` (aware), for demonstrations and conformance runs."""
    frozen = moment.astimezone(UTC)
    return lambda: frozen
