"""From the payload of a `session` or `sessions` item to rows, or to the reason why not.

Owns which fields there are, and the order: read, correct the sender's clock, check the age, check
the names. Does not know projects' keys. Rows are complete and normalised as
`engine.rules` would have them; addresses and user agents are checked and then forgotten.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, Never, TypeAlias

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
from engine.release import environment_name_problem, release_name_problem
from schema.session import COUNT_COLUMNS, Mechanism, UpdateStatus

Row: TypeAlias = Mapping[str, object]

SINGLE: Final = "session"
COUNTED: Final = "sessions"
ITEM_TYPES: Final = frozenset({SINGLE, COUNTED})
"""The types of items that hold sessions."""

OLDEST: Final = timedelta(days=5)
FURTHEST_AHEAD: Final = timedelta(seconds=60)
SMALLEST_DRIFT: Final = timedelta(minutes=55)
"""A sender's clock that is off by less is left alone: delays of the network look the same."""

_Entry: TypeAlias = tuple[datetime, Row]

_NO_DRIFT = timedelta()
_MECHANISMS = frozenset(Mechanism)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where and when an item arrived, and when its sender says it was sent; both moments in UTC.

    `drift` is how far the sender's clock is behind, if that is far. What lies between `oldest` and
    `newest` is neither too old nor in the future.
    """

    project_id: int
    now: datetime
    sent_at: datetime | None = None
    drift: timedelta | None = field(init=False)
    oldest: datetime = field(init=False)
    newest: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what every moment is held against."""
        drift = _NO_DRIFT if self.sent_at is None else self.now - self.sent_at
        object.__setattr__(self, "drift", drift if abs(drift) >= SMALLEST_DRIFT else None)
        object.__setattr__(self, "oldest", self.now - OLDEST)
        object.__setattr__(self, "newest", self.now + FURTHEST_AHEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of one item: the rows to keep, with all columns that have a value, and losses."""

    rows: tuple[Row, ...] = ()
    rejections: tuple[Rejection, ...] = ()


class _Rejected(Exception):
    def __init__(self, reason: Reason, example: str) -> None:
        super().__init__(example)
        self.reason = reason
        self.example = example

    def count(self, quantity: int = 1) -> Rejection:
        return Rejection(reason=self.reason, quantity=quantity, example=self.example)


def read_items(items: Sequence[Item], arrival: Arrival) -> Reading:
    """Read all items, in their order."""
    if len(items) == 1:
        return read_item(items[0].type, items[0].payload, arrival)
    readings = [read_item(item.type, item.payload, arrival) for item in items]
    return Reading(
        rows=tuple([row for reading in readings for row in reading.rows]),
        rejections=tuple([lost for reading in readings for lost in reading.rejections]),
    )


def read_item(kind: str, payload: bytes | memoryview, arrival: Arrival) -> Reading:
    """Read the payload of an item of ITEM_TYPES; whatever it is, it is rows or rejections."""
    try:
        fields = _load(payload)
        return _read_counted(fields, arrival) if kind == COUNTED else _read_single(fields, arrival)
    except WrongField as error:
        lost = Rejection(reason=Reason.INVALID_SESSION, quantity=1, example=str(error))
    except _Rejected as error:
        lost = error.count()
    return Reading(rejections=(lost,))


def _load(payload: bytes | memoryview) -> Fields:
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise _Rejected(Reason.INVALID_JSON, "the payload is not JSON") from None
    if not isinstance(value, dict):
        raise _Rejected(Reason.INVALID_SESSION, "the payload is not an object")
    return value


def _read_single(fields: Fields, arrival: Arrival) -> Reading:
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
    release, environment = _checked_names(release, environment)
    row = {
        "project_id": arrival.project_id,
        "session_id": session_id,
        "distinct_id": user,
        "started": started,
        "timestamp": made,
        "seq": 0 if first else seq,
        "init": first,
        "status": status,
        "errors": errors,
        "duration": duration,
        "release": release,
        "environment": environment,
        "abnormal_mechanism": mechanism if mechanism in _MECHANISMS else None,
    }
    return Reading(rows=(row,))


def _read_counted(fields: Fields, arrival: Arrival) -> Reading:
    entries = [_read_entry(entry) for entry in _entries(fields)]
    release, environment = _read_attributes(fields)
    kept, rejections = _of_right_age(entries, arrival)
    if not kept:
        return Reading(rejections=rejections)
    try:
        release, environment = _checked_names(release, environment)
    except _Rejected as error:
        return Reading(rejections=(*rejections, error.count(len(kept))))
    common = {
        "project_id": arrival.project_id,
        "release": release,
        "environment": environment,
    }
    rows = tuple(
        {**common, "started": at, "timestamp": at, **counts}
        for at, counts in kept
        if any(counts[name] for name in COUNT_COLUMNS)
    )
    return Reading(rows=rows, rejections=rejections)


def _of_right_age(
    entries: Iterable[_Entry], arrival: Arrival
) -> tuple[list[_Entry], tuple[Rejection, ...]]:
    """Correct the times of entries; leave out, and count, those that are too old or to come."""
    kept: list[_Entry] = []
    losses: dict[Reason, Rejection] = {}
    for started, counts in entries:
        try:
            at = _corrected(started, arrival)
            _check_age(at, arrival)
        except _Rejected as error:
            before = losses.get(error.reason)
            losses[error.reason] = error.count(1 if before is None else before.quantity + 1)
        else:
            kept.append((at, counts))
    return kept, tuple(losses.values())


def _entries(fields: Fields) -> list[object]:
    entries = fields.get("aggregates", [])
    if not isinstance(entries, list):
        raise WrongField("aggregates", "a list")
    return entries


def _read_entry(entry: object) -> _Entry:
    if not isinstance(entry, dict):
        raise WrongField("each of aggregates", "an object")
    row: dict[str, object] = {name: small_count(entry, name) for name in COUNT_COLUMNS}
    row["distinct_id"] = user_or_null(entry, "did")
    return moment(entry, "started"), row


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


def _checked_names(release: str, environment: str | None) -> tuple[str, str]:
    """Refuse a bad release; a bad environment is none."""
    problem = _problem_of_release(release)
    if problem is not None:
        raise _Rejected(Reason.INVALID_RELEASE, problem)
    return release, "" if environment is None else _usable_environment(environment)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _problem_of_release(name: str) -> str | None:
    return release_name_problem(name)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _usable_environment(name: str) -> str:
    return name if environment_name_problem(name) is None else ""


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
