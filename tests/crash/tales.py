"""What apps send: envelopes of new sessions, of how earlier ones went on, of repeats, of counts.

Owns how an envelope is drawn and spelled, and what is known once it is kept. Does not send it.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from tests.crash.world import HOUR, Ending, Envelope, Told, World

PEOPLE = 300
LONGEST_SECONDS = 5000
MOST_ITEMS = 100
ENTRIES = 500
REACH_HOURS = 40
"""How far back sessions start; less than the five days that the service takes."""

_COUNTS = {
    Ending.HEALTHY: "exited",
    Ending.ERRORED: "errored",
    Ending.UNHANDLED: "unhandled",
    Ending.ABNORMAL: "abnormal",
    Ending.CRASHED: "crashed",
}
_FAILURES = (Ending.UNHANDLED, Ending.ABNORMAL, Ending.CRASHED)


@dataclass(slots=True, kw_only=True)
class Teller:
    """One app: its own releases of one project, and the sessions that have not ended yet.

    `until` is the moment before which all sessions start, in Unix seconds, a whole hour.
    """

    name: str
    project: int
    until: int
    draw: Random
    version: int = 0
    counts_only: bool = False
    _open: list[str] = field(default_factory=list)
    _last: bytes = b""

    def next_envelope(self, world: World) -> Envelope:
        """Draw what is sent next by someone who knows this world."""
        kinds = ("single", "many", "go on", "counts", "again")
        kind = self.draw.choices(kinds, (5, 2, 4, 1, 1))[0]
        if self.counts_only:
            return self._many_counts()
        if kind == "counts":
            return self._counts()
        if kind == "again" and self._last:
            return Envelope(body=self._last, sessions={})
        if kind == "go on" and self._open:
            return self._go_on(world)
        most = 1 if kind == "single" else int(MOST_ITEMS ** self.draw.random()) + 1
        return self._begin(min(most, MOST_ITEMS // 2))

    def kept(self, envelope: Envelope) -> None:
        """Remember which sessions can still go on, and what can be said again."""
        if envelope.sessions:
            self._last = envelope.body
        for id_, told in envelope.sessions.items():
            if told.ending not in _FAILURES and told.seconds is None:
                self._open.append(id_)
        self._open = self._open[-500:]

    def _begin(self, count: int) -> Envelope:
        """Begin some sessions, of which some end within the same envelope."""
        items, sessions = [], {}
        for _ in range(count):
            id_ = str(uuid.UUID(int=self.draw.getrandbits(128), version=4))
            first = self._anyone()
            items.append(_item(id_, first, seq=0, status="ok"))
            sessions[id_] = first
            if self.draw.random() < 0.5:
                item, sessions[id_] = self._end(id_, first)
                items.append(item)
        self.draw.shuffle(items)
        return Envelope(body=_body("session", items), sessions=sessions)

    def _go_on(self, world: World) -> Envelope:
        """Tell how some sessions of before went on."""
        ids = self.draw.sample(self._open, self.draw.randint(1, min(30, len(self._open))))
        items, sessions = [], {}
        for id_ in ids:
            item, sessions[id_] = self._end(id_, world.sessions[id_])
            items.append(item)
        self._open = [id_ for id_ in self._open if id_ not in sessions]
        return Envelope(body=_body("session", items), sessions=sessions)

    def _end(self, id_: str, told: Told) -> tuple[dict[str, object], Told]:
        """End a session, or let an error happen in it."""
        ending = self.draw.choices(tuple(Ending), (12, 3, 1, 1, 3))[0]
        if ending in _FAILURES:
            known = replace(told, ending=ending)
            return _item(id_, known, seq=9, status=ending.name.lower()), known
        if ending is Ending.ERRORED:
            known = replace(told, ending=ending)
            return _item(id_, known, seq=1, status="ok", errors=1), known
        known = replace(told, seconds=self.draw.randint(0, LONGEST_SECONDS))
        return _item(id_, known, seq=9, status="exited"), known

    def _counts(self) -> Envelope:
        counted = tuple(
            replace(self._anyone(), ending=ending, quantity=self.draw.randint(1, 50))
            for ending in self.draw.sample(tuple(Ending), self.draw.randint(1, 5))
        )
        items: list[dict[str, object]] = [
            {
                "aggregates": [
                    {"started": _spelled(one.started), "did": one.user, name: one.quantity}
                ],
                "attrs": {"release": one.release, "environment": "production"},
            }
            for one in counted
            for name in (_COUNTS[one.ending],)
        ]
        return Envelope(body=_body("sessions", items), sessions={}, counted=counted)

    def _many_counts(self) -> Envelope:
        """Fill the database fast: one item of many entries."""
        counted = tuple(self._anyone() for _ in range(ENTRIES))
        item: dict[str, object] = {
            "aggregates": [
                {"started": _spelled(one.started), "did": one.user, "exited": one.quantity}
                for one in counted
            ],
            "attrs": {"release": counted[0].release, "environment": "production"},
        }
        return Envelope(body=_body("sessions", [item]), sessions={}, counted=counted)

    def _anyone(self) -> Told:
        return Told(
            project=self.project,
            release=f"{self.name}@{self.version}.0.0",
            user=f"user-{self.draw.randrange(PEOPLE)}" if self.draw.random() < 0.9 else None,
            started=self.until - self.draw.randint(60, REACH_HOURS * HOUR),
            ending=Ending.HEALTHY,
        )


def _item(id_: str, told: Told, *, seq: int, status: str, errors: int = 0) -> dict[str, object]:
    return {
        "sid": id_,
        "did": told.user,
        "init": seq == 0,
        "seq": seq,
        "started": _spelled(told.started),
        "timestamp": _spelled(told.started + seq),
        "status": status,
        "errors": errors,
        "duration": told.seconds if status == "exited" else None,
        "attrs": {"release": told.release, "environment": "production"},
    }


def _spelled(second: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    return moment.isoformat()


def _body(kind: str, items: Sequence[dict[str, object]]) -> bytes:
    head = json.dumps({"type": kind})
    lines = [line for item in items for line in (head, json.dumps(item))]
    return "\n".join(("{}", *lines)).encode()
