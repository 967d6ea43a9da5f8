"""When a session started, in the parts that are stored, and put together again; as SQL.

Owns how the parts come from one moment. Does not know where a moment comes from.
"""

from collections.abc import Mapping
from typing import Final

MOMENT: Final = "make_timestamp((started * 1000 + started_ms) * 1000 + started_us)"
"""The whole start of an update, from its parts."""


def parts_of(microseconds: str) -> Mapping[str, str]:
    """Spell the parts of a moment in Unix microseconds; before 1970 they are rounded down, too."""
    fraction = f"(({microseconds} % 1000000 + 1000000) % 1000000)"
    return {
        "started": f"({microseconds} - {fraction}) // 1000000",
        "started_ms": f"CAST({fraction} // 1000 AS SMALLINT)",
        "started_us": f"CAST({fraction} % 1000 AS SMALLINT)",
    }
