"""How many groups one answer may hold, and where its page starts.

Owns the 10,000-point rule: buckets times base groups, statuses and fields not counted; without a
series each group costs one point. Does not know time parsing or SQL.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from engine.errors import InvalidPage, TooManyPoints
from engine.limits import Limits
from engine.window import Window

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_OFFSET = re.compile(r"\+?[0-9]{1,18}", re.ASCII)
_VALUE = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{0,18})?", re.ASCII)
INVALID_PER_PAGE: Final = "Invalid per_page parameter."
INVALID_CURSOR: Final = "Invalid cursor parameter."


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page that was asked for: base groups from `offset`; `size` is None without `per_page`."""

    size: int | None
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """At most `groups` base groups from `offset`; `stride` leads on when nothing is left."""

    groups: int
    offset: int
    stride: int


def read_page(per_page: str | None, cursor: str | None, limits: Limits) -> Page:
    """Read `per_page` and `cursor` (`value:offset:is_previous`, only the offset counts)."""
    return Page(size=_read_size(per_page, limits), offset=_read_offset(cursor))


def _read_size(text: str | None, limits: Limits) -> int | None:
    if text is None:
        return None
    if not _INTEGER.fullmatch(text):
        raise InvalidPage(INVALID_PER_PAGE)
    digits = text.lstrip("+-").lstrip("0")
    if text.startswith("-") or not digits:
        raise InvalidPage(INVALID_PER_PAGE)
    if len(digits) > len(str(limits.page)) or int(digits) > limits.page:
        message = f"Invalid per_page value. Cannot exceed {limits.page}."
        raise InvalidPage(message)
    return int(digits)


def _read_offset(text: str | None) -> int:
    if not text:
        return 0
    parts = text.split(":")
    rules = (_VALUE, _OFFSET, _OFFSET)
    if len(parts) != len(rules) or not all(map(re.Pattern.fullmatch, rules, parts)):
        raise InvalidPage(INVALID_CURSOR)
    return int(parts[1])


def unspent(page: Page, limits: Limits) -> Budget:
    """Give the budget of an answer without groups, which no limit can refuse."""
    stride = page.size or limits.page
    return Budget(groups=stride, offset=page.offset, stride=stride)


def spend(page: Page, window: Window, *, series: bool, limits: Limits) -> Budget:
    """Decide how many base groups fit; TooManyPoints if an explicit page cannot."""
    points_a_group = window.count if series else 1
    if page.size is None:
        groups = max(limits.points // points_a_group, 1)
        return Budget(groups=groups, offset=page.offset, stride=limits.page)
    asked = page.size + 1
    if asked * points_a_group > limits.points:
        step, span = timedelta(seconds=window.step), timedelta(seconds=window.end - window.start)
        message = (
            f"Requested intervals ({window.count}) of timedelta of {step} with statsPeriod"
            f" timedelta of {span} is too granular for a per_page of {asked} elements."
            " Increase your interval, decrease your statsPeriod, or decrease your per_page"
            " parameter."
        )
        raise TooManyPoints(message)
    return Budget(groups=page.size, offset=page.offset, stride=page.size)
