"""Updates become sessions, naively.

Owns the folding rule as plain Python over lists, and how a loose row is read. Written from the
documented rules alone; shares no code with the engine but the names in `schema`.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from schema.session import COUNT_COLUMNS, NIL_UUID, Mechanism, Outcome

Row: TypeAlias = Mapping[str, object]

MICROSECONDS = 1_000_000
TERMINAL = {
    "crashed": Outcome.CRASHED,
    "abnormal": Outcome.ABNORMAL,
    "unhandled": Outcome.UNHANDLED,
}
_COUNTED = {
    "exited": Outcome.HEALTHY,
    "errored": Outcome.ERRORED,
    **TERMINAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One normalised update; times in Unix microseconds, `duration` in seconds."""

    project_id: int
    session_id: str
    user: str | None
    started: int
    timestamp: int
    seq: int
    init: bool
    status: str
    errors: int
    duration: float | None
    release: str
    environment: str
    mechanism: str | None

    @property
    def when(self) -> tuple[int, int]:
        """Order the updates of one session."""
        return self.timestamp, self.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One folded session, or one count of a pre-counted row; `started` in whole Unix seconds."""

    project_id: int
    started: int
    release: str
    environment: str
    outcome: Outcome
    quantity: int = 1
    user: str | None = None
    duration: float | None = None
    mechanism: str | None = None


def fold(rows: Iterable[Row]) -> list[Session]:
    """Fold loose rows into sessions, whatever their order and however often they come."""
    sessions: list[Session] = []
    updates: dict[tuple[int, str], list[Update]] = {}
    for row in rows:
        if _uuid(row.get("session_id")) is None:
            sessions += _count(row)
        else:
            update = _read(row)
            updates.setdefault((update.project_id, update.session_id), []).append(update)
    return sessions + [fold_one(of_one) for of_one in updates.values()]


def fold_one(updates: list[Update]) -> Session:
    """Fold all updates of one (project, session id), at least one."""
    first = _identity(updates)
    return Session(
        project_id=first.project_id,
        started=first.started // MICROSECONDS,
        release=first.release,
        environment=first.environment,
        outcome=_outcome(updates),
        user=_last_user(updates),
        duration=_duration(updates),
        mechanism=_mechanism(updates),
    )


def _identity(updates: list[Update]) -> Update:
    candidates = [update for update in updates if update.init] or updates
    return min(candidates, key=lambda u: (u.when, u.started, u.release, u.environment))


def _outcome(updates: list[Update]) -> Outcome:
    terminal = [TERMINAL[update.status] for update in updates if update.status in TERMINAL]
    if terminal:
        return max(terminal)
    latest = max(updates, key=lambda u: (u.when, _badness(u.status)))
    errors = max(update.errors for update in updates)
    errored = errors > 0 or latest.status not in ("ok", "exited")
    return Outcome.ERRORED if errored else Outcome.HEALTHY


def _badness(status: str) -> int:
    return {"ok": 0, "exited": 1}.get(status, 2)


def _last_user(updates: list[Update]) -> str | None:
    users = [(update.when, update.user) for update in updates if update.user is not None]
    return max(users)[1] if users else None


def _duration(updates: list[Update]) -> float | None:
    durations = [
        (update.when, update.duration)
        for update in updates
        if update.status == "exited" and update.duration is not None
    ]
    return max(durations)[1] if durations else None


def _mechanism(updates: list[Update]) -> str | None:
    mechanisms = [
        (update.when, update.mechanism or "") for update in updates if update.status == "abnormal"
    ]
    return max(mechanisms)[1] or None if mechanisms else None


def _count(row: Row) -> list[Session]:
    return [
        Session(
            project_id=_integer(row.get("project_id")),
            started=read_moment(row["started"]) // MICROSECONDS,
            release=_text(row.get("release")),
            environment=read_environment(row.get("environment")),
            outcome=_COUNTED[name],
            quantity=_integer(row.get(name)),
            user=_user(row.get("distinct_id")),
        )
        for name in COUNT_COLUMNS
        if _integer(row.get(name)) > 0
    ]


def _read(row: Row) -> Update:
    started = read_moment(row["started"])
    timestamp = row.get("timestamp", row.get("received"))
    sequence = row.get("seq")
    duration = row.get("duration")
    mechanism = _text(row.get("abnormal_mechanism"))
    init = row.get("init")
    return Update(
        project_id=_integer(row.get("project_id")),
        session_id=_uuid(row.get("session_id")) or "",
        user=_user(row.get("distinct_id")),
        started=started,
        timestamp=started if timestamp is None else max(started, read_moment(timestamp)),
        seq=_integer(sequence),
        init=(sequence is not None and _integer(sequence) == 0) if init is None else bool(init),
        status=_text(row.get("status")) or "ok",
        errors=_integer(row.get("errors")),
        duration=None if duration is None else _float(duration),
        release=_text(row.get("release")),
        environment=read_environment(row.get("environment")),
        mechanism=mechanism if mechanism in set(Mechanism) else None,
    )


def read_moment(value: object) -> int:
    """Read ISO-8601 text (naive is UTC) or Unix seconds as Unix microseconds."""
    if isinstance(value, int | float):
        return round(value * MICROSECONDS)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * MICROSECONDS + since.microseconds


def read_environment(value: object) -> str:
    """Read the name of an environment; what cannot be one is none, like a missing one."""
    name = _text(value)
    unfit = any(character in "/\\\x7f" or character < " " for character in name)
    reserved = name.lower() in (".", "..", "none")
    return "" if unfit or reserved or len(name.encode()) > 64 else name


def _uuid(value: object) -> str | None:
    try:
        canonical = str(uuid.UUID(str(value))) if value is not None else None
    except ValueError:
        return None
    return None if canonical == NIL_UUID else canonical


def _user(value: object) -> str | None:
    if value is None or value == "":
        return None
    try:
        uuid.UUID(str(value))
    except ValueError:
        return str(value)
    return _uuid(value)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _integer(value: object) -> int:
    return 0 if value is None else int(str(value))


def _float(value: object) -> float:
    return float(str(value))
