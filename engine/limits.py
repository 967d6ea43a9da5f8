"""How much one question may ask for.

Owns the numbers. Does not know where they are applied.
"""

from dataclasses import dataclass

INTERVAL_WORDS = {10: "ten seconds", 60: "one minute", 3600: "one hour"}
"""The smallest intervals that can be chosen, in seconds, and their words in error texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one engine; the defaults are the published ones of the endpoint."""

    smallest_interval_seconds: int = 3600
    buckets: int = 1000
    points: int = 10_000
    page: int = 5000
    query_characters: int = 65_536
    query_nesting: int = 100
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuse a smallest interval that has no words."""
        if self.smallest_interval_seconds not in INTERVAL_WORDS:
            allowed = ", ".join(str(seconds) for seconds in INTERVAL_WORDS)
            message = (
                f"the smallest interval is one of {allowed} seconds,"
                f" not {self.smallest_interval_seconds}"
            )
            raise ValueError(message)
