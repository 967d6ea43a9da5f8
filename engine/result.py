"""The answer, before it is spelled as JSON.

Owns its shape and order. Does not know keys of the body, nor headers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Number: TypeAlias = int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group: its key values in answer order, and per field its totals and its series.

    `totals` or `series` is None when the caller left it out; a series has one number a bucket.
    """

    by: Mapping[str, str | int]
    totals: Mapping[str, Number] | None
    series: Mapping[str, tuple[Number, ...]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which base groups the answer holds: from `offset`, in steps of `size`; is there `more`?

    `next_offset` and `previous_offset` are where the neighbouring pages start.
    """

    offset: int
    previous_offset: int
    next_offset: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Aligned range `[start, end)` in Unix seconds, cut into `step` seconds; groups in order."""

    start: int
    end: int
    step: int
    groups: tuple[Group, ...]
    query: str
    page: Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How an answer was found, for logs and `Server-Timing`.

    `stages` maps each stage in order to its seconds; `source` names the tables that answered;
    `rows` came back from storage; `groups` and `points` (buckets times base groups) were answered.
    """

    stages: Mapping[str, float]
    source: str
    rows: int
    groups: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A result and how it was found."""

    result: Result
    trace: Trace
