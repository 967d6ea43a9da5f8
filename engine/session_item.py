"""From the payload of a `session` or `sessions` item to updates, or to the reason why not.

Owns which fields there are, and the order: read, correct the sender's clock, check the age, check
the names. Does not know projects' keys. Updates are complete and normalised as
`engine.rules` would have them; addresses and user agents are checked and then forgotten.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple, Never, TypeAlias

import orjson

from engine.envelope import Item
from engine.item_fields import (
    Fields,
    WrongField,
    check_address,
    flag,
    identifier_or_missing,
    moment,
    seconds_or_null,
    section,
    small_count,
    text,
    text_or_null,
    user_or_null,
    whole,
)
from engine.packed import Update
from engine.release import environment_name_problem, release_name_problem
from schema.session import COUNT_COLUMNS, Mechanism, UpdateStatus

SINGLE: Final = "session"
COUNTED: Final = "sessions"
ITEM_TYPES: Final = frozenset({SINGLE, COUNTED})
"""The types of items that hold sessions."""

OLDEST: Final = timedelta(days=5)
FURTHEST_AHEAD: Final = timedelta(seconds=60)
SMALLEST_DRIFT: Final = timedelta(minutes=55)
"""A sender's clock that is off by less is left alone: delays of the network look the same."""

_Entry: TypeAlias = tuple[datetime, str | None, tuple[int, ...]]
"""When it started, the user, and the counts, as COUNT_COLUMNS."""

_NO_DRIFT = timedelta()
_MECHANISMS = frozenset(Mechanism)
_UNTOLD = (0, False, UpdateStatus.OK.value, 0, None)
"""What counts say of seq, init, status, errors and duration, as `engine.rules` would have it."""

_REMEMBERED_NAMES = 4096


class Reason(StrEnum):
    """Why an item, or an entry of one, was not taken."""

    INVALID_JSON = "invalid_json"
    INVALID_SESSION = "invalid_session"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    INVALID_RELEASE = "invalid_release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What was not taken: how many updates or entries, and a sentence without personal data."""

    reason: Reason
    quantity: int
    example: str


class Arrival(NamedTuple):
    """Where and when an item arrived, in UTC, and what every moment in it is held against.

    `drift` is how far the sender's clock is behind, if that is far. What lies between `oldest` and
    `newest` is neither too old nor in the future.
    """

    project_id: int
    now: datetime
    drift: timedelta | None
    oldest: datetime
    newest: datetime


def arrived(project_id: int, now: datetime, sent_at: datetime | None = None) -> Arrival:
    """Say where and when an item arrived, and when its sender says it was sent."""
    drift = _NO_DRIFT if sent_at is None else now - sent_at
    far = drift if abs(drift) >= SMALLEST_DRIFT else None
    return Arrival(project_id, now, far, now - OLDEST, now + FURTHEST_AHEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of items: the updates to keep, and what was lost."""

    updates: Sequence[Update] = ()
    rejections: Sequence[Rejection] = ()


class _Rejected(Exception):
    def __init__(self, reason: Reason, example: str) -> None:
        super().__init__(example)
        self.reason = reason
        self.example = example

    def count(self, quantity: int = 1) -> Rejection:
        return Rejection(reason=self.reason, quantity=quantity, example=self.example)


def read_items(items: Sequence[Item], arrival: Arrival) -> Reading:
    """Read items of ITEM_TYPES, in their order; whatever they are, they are updates or losses."""
    updates: list[Update] = []
    rejections: list[Rejection] = []
    for kind, payload in items:
        try:
            fields = _load(payload)
            if kind == COUNTED:
                updates += _read_counted(fields, arrival, rejections)
            else:
                updates.append(_read_single(fields, arrival))
        except WrongField as error:
            lost = Rejection(reason=Reason.INVALID_SESSION, quantity=1, example=str(error))
            rejections.append(lost)
        except _Rejected as error:
            rejections.append(error.count())
    return Reading(updates=updates, rejections=rejections)


def _load(payload: memoryview) -> Fields:
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise _Rejected(Reason.INVALID_JSON, "the payload is not JSON") from None
    if type(value) is not dict:
        raise _Rejected(Reason.INVALID_SESSION, "the payload is not an object")
    return value


def _read_single(fields: Fields, arrival: Arrival) -> Update:
    first = flag(fields, "init")
    seq = whole(fields, "seq", 0) if "seq" in fields else _milliseconds(arrival.now)
    session_id = identifier_or_missing(fields, "sid") or str(uuid.uuid4())
    user = user_or_null(fields, "did")
    status = text(fields, "status", UpdateStatus.OK.value)
    errors = whole(fields, "errors", 0)
    duration = seconds_or_null(fields, "duration")
    mechanism = text_or_null(fields, "abnormal_mechanism")
    started = moment(fields, "started")
    made = moment(fields, "timestamp") if "timestamp" in fields else None
    release, environment = _read_attributes(fields)
    started = _corrected(started, arrival)
    made = max(started, arrival.now if made is None else _corrected(made, arrival))
    _check_age(started, arrival)
    _check_age(made, arrival)
    _check_release(release)
    return (
        arrival.project_id,
        session_id,
        user,
        started,
        made,
        0 if first else seq,
        first,
        status,
        errors,
        duration,
        release,
        _usable_environment(environment),
        mechanism if mechanism in _MECHANISMS else None,
    )


def _read_counted(
    fields: Fields, arrival: Arrival, rejections: list[Rejection]
) -> Iterable[Update]:
    entries = [_read_entry(entry) for entry in _entries(fields)]
    release, environment = _read_attributes(fields)
    kept, lost = _of_right_age(entries, arrival)
    rejections += lost
    if not kept:
        return ()
    try:
        _check_release(release)
    except _Rejected as error:
        rejections.append(error.count(len(kept)))
        return ()
    names = (release, _usable_environment(environment))
    return [
        (arrival.project_id, None, user, at, at, *_UNTOLD, *names, None, *counts)
        for at, user, counts in kept
        if any(counts)
    ]


def _of_right_age(
    entries: Iterable[_Entry], arrival: Arrival
) -> tuple[list[_Entry], tuple[Rejection, ...]]:
    """Correct the times of entries; leave out, and count, those that are too old or to come."""
    kept: list[_Entry] = []
    losses: dict[Reason, Rejection] = {}
    for started, user, counts in entries:
        try:
            at = _corrected(started, arrival)
            _check_age(at, arrival)
        except _Rejected as error:
            before = losses.get(error.reason)
            losses[error.reason] = error.count(1 if before is None else before.quantity + 1)
        else:
            kept.append((at, user, counts))
    return kept, tuple(losses.values())


def _entries(fields: Fields) -> list[object]:
    entries = fields.get("aggregates", [])
    if not isinstance(entries, list):
        raise WrongField("aggregates", "a list")
    return entries


def _read_entry(entry: object) -> _Entry:
    if not isinstance(entry, dict):
        raise WrongField("each of aggregates", "an object")
    counts = tuple([small_count(entry, name) for name in COUNT_COLUMNS])
    user = user_or_null(entry, "did")
    return moment(entry, "started"), user, counts


def _read_attributes(fields: Fields) -> tuple[str, str | None]:
    """Read release and environment, and check the others, which are not kept."""
    attributes = section(fields, "attrs")
    check_address(attributes, "ip_address")
    text_or_null(attributes, "user_agent")
    return text(attributes, "release"), text_or_null(attributes, "environment")


def _corrected(at: datetime, arrival: Arrival) -> datetime:
    if arrival.drift is None:
        return at
    try:
        return at + arrival.drift
    except OverflowError:
        reason = Reason.TOO_OLD if at < arrival.now else Reason.IN_FUTURE
        raise _Rejected(reason, "a time leaves the calendar") from None


def _check_age(at: datetime, arrival: Arrival) -> None:
    if at < arrival.oldest:
        _refuse_age(Reason.TOO_OLD, arrival.now - at, f"old, and {OLDEST.days} days are the most")
    if at > arrival.newest:
        most = FURTHEST_AHEAD.seconds
        _refuse_age(Reason.IN_FUTURE, at - arrival.now, f"ahead, and {most} seconds are the most")


def _refuse_age(reason: Reason, by: timedelta, words: str) -> Never:
    raise _Rejected(reason, f"it is {by.days} days and {by.seconds} seconds {words}")


def _check_release(name: str) -> None:
    problem = _problem_of_release(name)
    if problem is not None:
        raise _Rejected(Reason.INVALID_RELEASE, problem)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _problem_of_release(name: str) -> str | None:
    return release_name_problem(name)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _usable_environment(name: str | None) -> str:
    """Give the name; a bad environment is none."""
    return "" if name is None or environment_name_problem(name) is not None else name


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
