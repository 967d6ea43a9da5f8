"""Payloads of session items become rows, or reasons why not."""

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.engine import Engine
from engine.envelope import Item
from engine.packed import Update, pack, plain
from engine.session_item import Reading, Reason, arrived, read_items
from schema.session import COUNT_COLUMNS, REPORTED_COLUMNS
from tests.building import open_engine
from tests.property.profile import PURE

NOW = datetime(2026, 3, 10, 14, 25, 40, 500_000, tzinfo=UTC)
STARTED = NOW - timedelta(minutes=5)
SID = "7c7b6585-f901-4351-bf8d-02711b721929"


def update(**changes: object) -> dict[str, object]:
    """Give the smallest update there is, changed; an ellipsis takes a field out."""
    fields = {
        "sid": SID,
        "started": STARTED.isoformat(),
        "timestamp": NOW.isoformat(),
        "attrs": {"release": "app@1.0.0"},
    } | changes
    return {name: value for name, value in fields.items() if value is not ...}


def counted(*entries: object, **changes: object) -> dict[str, object]:
    """Give an item with these entries, changed."""
    return {"aggregates": list(entries), "attrs": {"release": "app@1.0.0"}} | changes


def read(fields: object, *, kind: str = "session", sent_at: datetime | None = None) -> Reading:
    """Read a payload that arrives now."""
    return read_payload(json.dumps(fields).encode(), kind=kind, sent_at=sent_at)


def read_payload(
    payload: bytes, *, kind: str = "session", sent_at: datetime | None = None, project_id: int = 7
) -> Reading:
    """Read the bytes of an item."""
    items = [Item(kind, memoryview(payload))]
    return read_items(items, arrived(project_id, NOW, sent_at))


def named(update: Update) -> Mapping[str, object]:
    """Give the values of an update by the names of their columns."""
    return dict(zip([column.name for column in REPORTED_COLUMNS], update, strict=False))


def row_of(fields: object, *, sent_at: datetime | None = None) -> Mapping[str, object]:
    """Read an update that has to be good."""
    reading = read(fields, sent_at=sent_at)
    assert not reading.rejections
    return named(reading.updates[0])


def reasons(reading: Reading) -> dict[str, int]:
    """Count what was lost."""
    return {lost.reason.value: lost.quantity for lost in reading.rejections}


def test_smallest_update() -> None:
    """What is not said has its default; the number of the update is the time in milliseconds."""
    assert row_of(update()) == {
        "project_id": 7,
        "session_id": SID,
        "distinct_id": None,
        "started": STARTED,
        "timestamp": NOW,
        "seq": 1_773_152_740_500,
        "init": False,
        "status": "ok",
        "errors": 0,
        "duration": None,
        "release": "app@1.0.0",
        "environment": "",
        "abnormal_mechanism": None,
    }


def test_largest_update() -> None:
    """All that is kept of an update, and nothing else: no address, no user agent."""
    fields = update(
        did="ann",
        seq=3,
        duration=12.5,
        status="abnormal",
        errors=2,
        abnormal_mechanism="anr_foreground",
        unknown="field",
        attrs={
            "release": "app@1.0.0",
            "environment": "production",
            "ip_address": "10.0.0.1",
            "user_agent": "Browser/1",
        },
    )
    row = row_of(fields)

    assert row == {
        **row_of(update()),
        "distinct_id": "ann",
        "seq": 3,
        "duration": 12.5,
        "status": "abnormal",
        "errors": 2,
        "abnormal_mechanism": "anr_foreground",
        "environment": "production",
    }
    assert not {"10.0.0.1", "Browser/1"} & {str(value) for value in row.values()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"init": True}, {"init": True, "seq": 0}),
        ({"init": True, "seq": 5}, {"init": True, "seq": 0}),
        ({"seq": 0}, {"init": False, "seq": 0}),
        ({"status": "never_seen"}, {"status": "never_seen"}),
        ({"abnormal_mechanism": "never_seen"}, {"abnormal_mechanism": None}),
        ({"abnormal_mechanism": "none"}, {"abnormal_mechanism": None}),
        ({"duration": 3}, {"duration": 3.0}),
        ({"did": None, "duration": None, "abnormal_mechanism": None}, {"distinct_id": None}),
        ({"did": SID.upper()}, {"distinct_id": SID}),
        ({"sid": SID.replace("-", "").upper()}, {"session_id": SID}),
        ({"timestamp": ...}, {"timestamp": NOW}),
        ({"timestamp": (STARTED - timedelta(hours=1)).isoformat()}, {"timestamp": STARTED}),
        ({"attrs": {"release": "", "environment": None}}, {"release": "", "environment": ""}),
        ({"attrs": {"release": " a ", "environment": " b "}}, {"release": " a "}),
        ({"attrs": {"release": "a", "environment": "none"}}, {"environment": ""}),
        ({"attrs": {"release": "a", "environment": "a/b"}}, {"environment": ""}),
        ({"attrs": {"release": "a", "environment": "x" * 65}}, {"environment": ""}),
        ({"attrs": {"release": "a", "ip_address": "{{auto}}", "user_agent": None}}, {}),
    ],
)
def test_field(changes: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Each field by its rule."""
    row = row_of(update(**changes))

    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("sid", [..., "0" * 32], ids=["absent", "nil"])
def test_session_without_id_gets_one(sid: object) -> None:
    """It is a session of its own."""
    ids = {str(row_of(update(sid=sid))["session_id"]) for _ in range(2)}

    assert len(ids) == 2
    assert {uuid.UUID(one).version for one in ids} == {4}


@pytest.mark.parametrize(
    "changes",
    [
        {"sid": "x"},
        {"sid": None},
        {"did": 5},
        {"seq": None},
        {"seq": -1},
        {"init": None},
        {"init": "true"},
        {"timestamp": None},
        {"timestamp": "yesterday"},
        {"started": ...},
        {"started": "2026-03-10T14:25:40"},
        {"status": None},
        {"errors": None},
        {"errors": 1.5},
        {"duration": "1"},
        {"abnormal_mechanism": 1},
        {"attrs": ...},
        {"attrs": None},
        {"attrs": {}},
        {"attrs": {"release": None}},
        {"attrs": {"release": "a", "environment": 1}},
        {"attrs": {"release": "a", "ip_address": "here"}},
        {"attrs": {"release": "a", "user_agent": 1}},
    ],
)
def test_wrong_field_loses_the_update(changes: Mapping[str, object]) -> None:
    """Null is allowed for five fields and the mechanism only."""
    reading = read(update(**changes))

    assert not reading.updates
    assert reasons(reading) == {"invalid_session": 1}


@pytest.mark.parametrize("release", ["latest", "..", "a/b", "a\\b", "a\n", "x" * 201, "\x7f"])
@pytest.mark.parametrize("kind", ["session", "sessions"])
def test_bad_release_loses_the_item(release: str, kind: str) -> None:
    """A session without a release that can be named cannot be asked for."""
    entry = {"started": STARTED.isoformat(), "exited": 1}
    item = (
        update(attrs={"release": release})
        if kind == "session"
        else counted(entry, entry, attrs={"release": release})
    )

    assert reasons(read(item, kind=kind)) == {"invalid_release": 1 if kind == "session" else 2}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.INVALID_JSON),
        (b"{", Reason.INVALID_JSON),
        (b'{"sid":"\\ud800"}', Reason.INVALID_JSON),
        (b'{"duration":1e999}', Reason.INVALID_JSON),
        (b"[" * 5000, Reason.INVALID_JSON),
        (b"[]", Reason.INVALID_SESSION),
        (b"null", Reason.INVALID_SESSION),
    ],
)
@pytest.mark.parametrize("kind", ["session", "sessions"])
def test_what_is_no_object(payload: bytes, reason: Reason, kind: str) -> None:
    """It is counted as what it is."""
    reading = read_payload(payload, kind=kind)

    assert [lost.reason for lost in reading.rejections] == [reason]


DAYS = timedelta(days=5)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("started", "made", "lost"),
    [
        (-DAYS, timedelta(), None),
        (-DAYS - TICK, timedelta(), "too_old"),
        (-DAYS - TICK, -DAYS - TICK, "too_old"),
        (timedelta(seconds=60), timedelta(seconds=60), None),
        (timedelta(seconds=60) + TICK, timedelta(), "in_future"),
        (timedelta(), timedelta(seconds=60) + TICK, "in_future"),
    ],
)
def test_window(started: timedelta, made: timedelta, lost: str | None) -> None:
    """An update is at most five days old and at most a minute ahead, both included."""
    item = update(started=(NOW + started).isoformat(), timestamp=(NOW + made).isoformat())

    assert reasons(read(item)) == ({} if lost is None else {lost: 1})


@pytest.mark.parametrize(
    ("drift", "corrected"),
    [
        (timedelta(minutes=55), True),
        (timedelta(minutes=55) - TICK, False),
        (-timedelta(minutes=55), True),
        (-timedelta(minutes=55) + TICK, False),
        (timedelta(days=400), True),
    ],
)
def test_clock_of_the_sender(drift: timedelta, corrected: bool) -> None:  # noqa: FBT001  (a table)
    """A clock that is off by 55 minutes or more is set right for both times of an update."""
    moved = timedelta() if corrected else -drift
    item = update(started=(STARTED - drift).isoformat(), timestamp=(NOW - drift - TICK).isoformat())
    reading = read(item, sent_at=NOW - drift)

    if drift < timedelta() and not corrected:
        assert reasons(reading) == {"in_future": 1}
    else:
        row = named(reading.updates[0])
        assert row["started"] == STARTED + moved
        assert row["timestamp"] == NOW + moved - TICK


def test_time_of_arrival_needs_no_correction() -> None:
    """An update that does not say when it was made was made when it arrived, by our clock."""
    drift = timedelta(hours=2)
    item = update(started=(STARTED - drift).isoformat(), timestamp=...)

    assert row_of(item, sent_at=NOW - drift)["timestamp"] == NOW


def test_correction_may_leave_the_calendar() -> None:
    """Then the update is as old, or as far ahead, as can be."""
    first = update(started="0001-01-01T00:00:00Z")
    last = update(started="9999-12-31T23:59:59Z")

    assert reasons(read(first, sent_at=NOW + timedelta(hours=1))) == {"too_old": 1}
    assert reasons(read(last, sent_at=NOW - timedelta(hours=1))) == {"in_future": 1}


def test_counted_sessions() -> None:
    """Each entry is a row, with its user if it says one; an entry without sessions is none."""
    at = STARTED.isoformat()
    item = counted(
        {"started": at, "exited": 3, "crashed": 1},
        {"started": at, "did": "ann", "errored": 1, "abnormal": 2, "unhandled": 4},
        {"started": at, "exited": 0},
        {"started": at},
    )
    common = {
        **row_of(update()),
        "session_id": None,
        "timestamp": STARTED,
        "seq": 0,
        **dict.fromkeys(COUNT_COLUMNS, 0),
    }

    assert [named(one) for one in read(item, kind="sessions").updates] == [
        common | {"exited": 3, "crashed": 1},
        common | {"distinct_id": "ann", "errored": 1, "abnormal": 2, "unhandled": 4},
    ]


def test_window_of_each_entry() -> None:
    """Entries that are too old or ahead are left out, the others stay."""
    times = (STARTED, NOW - DAYS - TICK, NOW - DAYS - 2 * TICK, NOW + timedelta(minutes=2))
    reading = read(
        counted(*({"started": t.isoformat(), "exited": 1} for t in times)), kind="sessions"
    )

    assert [named(one)["started"] for one in reading.updates] == [STARTED]
    assert reasons(reading) == {"too_old": 2, "in_future": 1}


@pytest.mark.parametrize(
    "item",
    [
        counted({"started": STARTED.isoformat(), "exited": None}),
        counted({"started": STARTED.isoformat(), "exited": -1}),
        counted({"started": STARTED.isoformat(), "exited": 2**32}),
        counted({"started": STARTED.isoformat(), "exited": 1}, {"exited": 1}),
        counted({"started": STARTED.isoformat(), "did": 1}),
        counted("x"),
        counted(aggregates=None),
        counted(aggregates={}),
        counted(attrs=None),
    ],
)
def test_wrong_field_loses_all_entries(item: object) -> None:
    """One invalid field anywhere drops the whole item."""
    reading = read(item, kind="sessions")

    assert not reading.updates
    assert set(reasons(reading)) == {"invalid_session"}


@pytest.mark.parametrize("item", [counted(), {"attrs": {"release": "a"}}], ids=["empty", "absent"])
def test_nothing_counted_is_nothing_lost(item: object) -> None:
    """An item without entries is no mistake."""
    reading = read(item, kind="sessions")

    assert not reading.updates
    assert not reading.rejections


def test_examples_hold_no_personal_data() -> None:
    """Neither users nor addresses are repeated in the sentence that is shown to operators."""
    lost = (
        *read(update(did=["ann"])).rejections,
        *read(update(sid="ann")).rejections,
        *read(update(attrs={"release": "latest", "ip_address": "10.0.0.1"})).rejections,
        *read(update(attrs={"release": "a", "ip_address": "10.0.0.one"})).rejections,
    )

    assert len(lost) == 4
    assert [one.example for one in lost if "ann" in one.example or "10.0" in one.example] == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2**64)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from([SID, STARTED.isoformat(), "9999-12-31T23:59:59Z", "crashed"]),
    lambda values: st.lists(values, max_size=2),
    max_leaves=3,
)
FIELDS = st.dictionaries(
    st.sampled_from(
        ["sid", "did", "seq", "init", "timestamp", "started", "duration", "status", "errors"]
    ),
    JSON,
    max_size=4,
)


@PURE
@given(FIELDS, st.sampled_from([None, NOW - timedelta(hours=2), NOW + timedelta(days=9)]))
def test_any_fields_are_a_row_or_a_reason(
    fields: Mapping[str, object], sent_at: datetime | None
) -> None:
    """Never both, never neither, and nothing is raised."""
    reading = read(update(**fields), sent_at=sent_at)

    assert len(reading.updates) + len(reading.rejections) == 1


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Open an engine for what the next test loads."""
    with open_engine() as opened:
        yield opened


@PURE
@given(st.lists(FIELDS, min_size=1, max_size=5))
def test_updates_can_be_folded_and_loaded(
    engine: Engine, several: list[Mapping[str, object]]
) -> None:
    """Whatever became an update is folded as it is, and keeps all rules of loading, too."""
    updates = [
        one
        for fields in several
        for one in read_payload(json.dumps(update(**fields)).encode(), project_id=1).updates
    ]
    parcel = pack(1, updates)
    engine.sink.submit([parcel]).result()
    engine.sink.flush()
    report = engine.load(plain([parcel]), skip_bad=True)

    assert engine.sink.counts().failed_folds == 0
    assert engine.sink.counts().unfolded_rows == 0
    assert (report.updates, report.skipped) == (len(updates), ())
