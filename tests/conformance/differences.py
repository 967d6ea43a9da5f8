"""The cases in which this service answers differently from the reference, and why.

Owns the one table. A difference that is not in it is a defect.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What we do differently, and what we expect instead, as in `cases.json`."""

    reason: str
    status: int
    expected: Mapping[str, object]


def _groups(*totals: tuple[str, int]) -> Mapping[str, object]:
    return {
        "kind": "groups_sorted_by_by",
        "groups": [
            {
                "by": {"release": release},
                "totals": {"sum(session)": total},
                "series": {"sum(session)": [0, total]},
            }
            for release, total in totals
        ],
    }


_LOADED_RELEASES = Difference(
    reason="A release of which a session was loaded is known, registered or not;"
    " the reference learns of releases by another way, which these cases leave out.",
    status=200,
    expected=_groups(("ahmed@1.0.0", 1), ("ahmed@1.1.0", 1), ("foo@1.0.0", 3), ("foo@1.1.0", 1)),
)

DIFFERENCES: Mapping[str, Difference] = {
    "release_semver_filter": _LOADED_RELEASES,
    "search.semver": _LOADED_RELEASES,
}
"""By the id of the case."""
