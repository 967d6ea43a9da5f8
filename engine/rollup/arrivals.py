"""Which arrivals of some days a statement is about, and into which pieces it cuts them; as SQL.

Owns how a statement is asked about arrivals. Does not know what it reads of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from engine.sql.form import Parameter

_PIECE: Final = "first_update // $size"

PIECE: Final = f"CAST({_PIECE} AS INTEGER) AS piece"
"""The piece that a session belongs to."""

ARRIVED: Final = (
    "first_update >= $since AND first_update < $until"
    f" AND (first_update >= $end OR list_contains(CAST($pieces AS BIGINT[]), {_PIECE}))"
)
"""Which sessions are among the arrivals."""


_NEVER: Final = 2**63 - 1
_PIECES_AT_ONCE: Final = 64
"""The rows of one statement are in memory together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """All arrivals from `end` on, and those of some `pieces` of this size before it.

    It may be a part of them: those from `since` on, up to `until`.
    """

    size: int
    end: int = 0
    pieces: frozenset[int] = frozenset()
    since: int = 0
    until: int = _NEVER

    @property
    def values(self) -> dict[str, Parameter]:
        """Give the parameters."""
        return {
            "size": self.size,
            "since": self.since,
            "until": self.until,
            "end": self.end,
            "pieces": sorted(self.pieces),
        }

    def parts(self, latest: int) -> Iterator["Arrivals"]:
        """Split them, between pieces, up to the `latest` arrival there is; nothing is no part."""
        firsts = sorted({self.end, *(piece * self.size for piece in self.pieces)})
        length = self.size * _PIECES_AT_ONCE
        since = firsts[0]
        while since <= latest:
            until = since - since % self.size + length
            yield replace(self, since=since, until=until)
            since = until if until > self.end else next(one for one in firsts if one >= until)


UNCUT: Final = Arrivals(size=_NEVER)
"""All arrivals, in one piece."""
