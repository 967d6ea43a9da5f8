"""The two moments of an update, in the parts that are stored, and put together again; as SQL.

Owns how the parts come from the moments. Does not know where moments come from.

Most senders know no more than milliseconds, and make an update at the very moment at which a
session ends: so most parts are 0, which costs no room.
"""

from collections.abc import Mapping
from typing import Final

_MOST_SECONDS: Final = 1_000_000_000
"""A longer duration, which is none, has no part in the stored moment."""

_STARTED: Final = "((started * 1000 + started_ms) * 1000 + started_us)"

STARTED: Final = f"make_timestamp({_STARTED})"
"""When the session of an update started, from its parts."""


def _lasted(duration: str) -> str:
    """Spell a duration in whole microseconds; 0 if there is none."""
    whole = f"CAST(round({duration} * 1000000) AS BIGINT)"
    return f"CASE WHEN {duration} < {_MOST_SECONDS} THEN {whole} ELSE 0 END"


TIMESTAMP: Final = f"make_timestamp({_STARTED} + {_lasted('duration')} + late_us)"
"""When an update was made, from its parts."""


def parts_of(started: str, timestamp: str, duration: str) -> Mapping[str, str]:
    """Spell the parts of the moments, given in Unix microseconds; rounded down before 1970, too."""
    fraction = f"(({started} % 1000000 + 1000000) % 1000000)"
    return {
        "started": f"({started} - {fraction}) // 1000000",
        "started_ms": f"CAST({fraction} // 1000 AS SMALLINT)",
        "started_us": f"CAST({fraction} % 1000 AS SMALLINT)",
        "late_us": f"{timestamp} - {started} - {_lasted(duration)}",
    }
