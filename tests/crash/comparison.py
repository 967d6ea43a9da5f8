"""What the endpoint says, held against what its senders know to be kept.

Owns the questions that are asked and how their answers are read. Each sender has releases of its
own, so what was under way when a connection broke can be told: it is there as a whole, or not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, TypeAlias

from tests.crash.service import Service
from tests.crash.world import DAY, HOUR, TOTAL, Tally, World, tally
from tests.crash.writer import Writer

Group: TypeAlias = Mapping[str, Any]

RANGE_SECONDS = 2 * DAY
_INTERVALS = {HOUR: "1h", DAY: "1d"}


def compare(service: Service, writers: Sequence[Writer], *, until: int) -> None:
    """Assert that the endpoint counts what was acknowledged, and nothing that was never sent.

    By release, status and hour; users and durations by release and hour; all of it by day. What was
    under way with each writer is settled by the way.
    """
    answer = _ask(service, HOUR, ("release",), until=until)
    apps = {_app(release) for release, *_ in answer.sessions}
    assert apps <= {writer.teller.name for writer in writers}
    for writer in writers:
        _settle(writer, _of_app(answer, writer.teller.name))
    told = chain.from_iterable(writer.world.all() for writer in writers)
    by_day = tally(told, bucket=DAY, by_release=False)
    assert _ask(service, DAY, (), until=until) == by_day


def which(
    service: Service,
    writers: Sequence[Writer],
    worlds: Callable[[Writer], Iterable[World]],
    *,
    until: int,
) -> list[int]:
    """Assert that of each app one of these worlds is known; give the number of the last such."""
    answer = _ask(service, HOUR, ("release",), until=until)
    numbers = []
    for writer in writers:
        tallies = [tally(world.all()) for world in worlds(writer)]
        known = _of_app(answer, writer.teller.name)
        assert known in tallies
        numbers.append(max(number for number, one in enumerate(tallies) if one == known))
    return numbers


def _settle(writer: Writer, answer: Tally) -> None:
    """Find the one world, with what was under way or without it, that the answer is about."""
    known = tally(writer.world.all())
    if writer.under_way is None or answer == known:
        assert answer == known
        writer.settle(kept=False)
        return
    assert answer == tally(writer.world.with_(writer.under_way).all())
    writer.settle(kept=True)


def _app(release: str) -> str:
    return release.partition("@")[0]


def _of_app(answer: Tally, app: str) -> Tally:
    return Tally(
        sessions={key: n for key, n in answer.sessions.items() if _app(key[0]) == app},
        users={key: n for key, n in answer.users.items() if _app(key[0]) == app},
        longest={key: n for key, n in answer.longest.items() if _app(key[0]) == app},
    )


def _ask(service: Service, bucket: int, keys: tuple[str, ...], *, until: int) -> Tally:
    """Ask for everything by bucket, with statuses and without."""
    moments = {"start": until - RANGE_SECONDS, "end": until}
    pairs = [
        *((name, _spelled(second)) for name, second in moments.items()),
        ("interval", _INTERVALS[bucket]),
        *(("groupBy", key) for key in keys),
    ]
    counts = [("field", "sum(session)"), ("groupBy", "session.status")]
    others = [("field", "count_unique(user)"), ("field", "max(session.duration)")]
    with_status = service.ask([*pairs, *counts])
    without = service.ask([*pairs, *others])
    return Tally(
        sessions=dict(_read(with_status, "sum(session)", ("release", "session.status"))),
        users=dict(_read(without, "count_unique(user)", ("release",))),
        longest={
            place: milliseconds // 1000
            for place, milliseconds in _read(without, "max(session.duration)", ("release",))
        },
    )


def _read(
    answer: Mapping[str, Any], field: str, keys: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Give the numbers of a field that are not nothing, each with its group and its bucket."""
    moments = [int(datetime.fromisoformat(text).timestamp()) for text in answer["intervals"]]
    for group in answer["groups"]:
        names = [group["by"].get(key, "") for key in keys]
        for when, number in _numbers(group, field, moments):
            if number is not None and (number or field.startswith("max")):
                yield (*names, when), int(number)


def _numbers(group: Group, field: str, moments: Iterable[int]) -> Iterator[tuple[int, Any]]:
    yield TOTAL, group["totals"][field]
    yield from zip(moments, group["series"][field], strict=True)


def _spelled(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
