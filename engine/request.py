"""What was asked, in our words, with no promise that it makes sense.

Owns the shape of a question. Does not judge it: `engine.query.resolve` does.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question. Every text is as the caller typed it; None means the parameter was absent.

    `projects` holds ids, slugs and `-1`; empty means all the caller may read. `orders` holds every
    given order, so that two can be refused. `offset` is the cursor's, in base groups.
    """

    fields: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    interval: str | None = None
    period: str | None = None
    period_start: str | None = None
    period_end: str | None = None
    start: str | None = None
    end: str | None = None
    projects: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    query: str = ""
    per_page: str | None = None
    cursor: str | None = None
    totals: str | None = None
    series: str | None = None
