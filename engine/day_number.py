"""How a day is numbered: from 1970-01-01, in UTC, rounded down before it, too.

Owns the SQL that turns moments in Unix seconds into numbers of days. Does not know any table.
"""

from typing import Final

DAY_SECONDS: Final = 86_400


IN_DAYS: Final = (
    f"started >= CAST($first AS BIGINT) * {DAY_SECONDS}"
    f" AND started < (CAST($last AS BIGINT) + 1) * {DAY_SECONDS}"
)
"""What started from the day `$first` to the day `$last`; a day's seconds may need 64 bits."""


def day_of(started: str) -> str:
    """Spell the day of a moment in Unix seconds; DuckDB's `//` would round towards zero."""
    return f"CAST(floor({started} / {DAY_SECONDS}) AS INTEGER)"
