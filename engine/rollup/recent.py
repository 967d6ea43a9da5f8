"""Days that go on changing, kept in pieces, so that only what came or has changed is read.

Owns which pieces are kept, and whether they still hold. A piece is what arrived together (see
`engine.changes`), so new sessions belong to the last one, and it is put together with them. Does
not know what a piece holds.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar, cast

from engine.rollup.arrivals import UNCUT, Arrivals
from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import LIVELY_DAYS, Place, Snapshot

Content = TypeVar("Content")

_DAYS_AT_ONCE: Final = 4
_LAST_RECORDS: Final = 4

_NONE: Final[frozenset[int]] = frozenset()


def portions(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    """Split places by days; the rows of one statement are in memory together, several times."""
    some: dict[int, list[Place]] = {}
    for place in places:
        some.setdefault(place[1] // _DAYS_AT_ONCE, []).append(place)
    yield from some.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[Content]):
    """What was read, by project, day and piece.

    It is `lasting` unless labels go by provisional numbers in it.
    """

    pieces: Mapping[tuple[int, ...], Content]
    lasting: bool


Read: TypeAlias = Callable[[Sequence[Place], Arrivals], Reading[Content]]
"""Reads some arrivals of days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record(Generic[Content]):
    """The pieces of a day, with their sizes in bytes: of all that had arrived before `end`.

    So it was in a state of these commits (see `State`), and is but for what changed since the
    `mark`. Labels may go by the provisional numbers of this serial.
    """

    ended: int = -1
    begun: int = -1
    mark: int = 0
    end: int = 0
    provisional: int | None = None
    pieces: Mapping[int, tuple[Content, int]] = field(default_factory=dict)

    def is_of(self, snapshot: Snapshot) -> bool:
        """Say whether a snapshot has all that it tells of, by the same numbers of labels."""
        numbers = self.provisional in {None, snapshot.provisional.serial}
        return numbers and self.begun <= snapshot.state.ended

    def is_whole(self, snapshot: Snapshot) -> bool:
        """Say whether it tells of all that a snapshot has, but for what has changed."""
        return self.ended == snapshot.state.begun


_Records: TypeAlias = Sequence[_Record[Content]]
"""The last records of a day, the newest first: questions that began before it need an older one.

They have most of their pieces in common.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked(Generic[Content]):
    """Some days of which the same arrivals are missing, and what was read of them."""

    places: Sequence[Place]
    arrivals: Arrivals
    reading: Reading[Content]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent(Generic[Content]):
    """Pieces of one kind of content; `unite` puts parts of one piece together."""

    shelf: Shelf
    unite: Callable[[Sequence[Content]], Content]
    size_of: Callable[[Content], int]

    def find(
        self, snapshot: Snapshot, kind: Hashable, places: Collection[Place], read: Read[Content]
    ) -> Iterator[tuple[Place, Content]]:
        """Give the pieces of days, each with its day; `read` gives those that are not kept."""
        latest = sorted({day for _, day in places})[-LIVELY_DAYS:]
        kept = [place for place in places if place[1] in latest]
        for place, record in self._find(snapshot, _kind(kind), kept, read).items():
            yield from ((place, content) for content, _ in record.pieces.values())
        for portion in portions([place for place in places if place[1] not in latest]):
            for (project, day, _), content in read(portion, UNCUT).pieces.items():
                yield (project, day), content

    def knows(self, kind: Hashable, place: Place) -> bool:
        """Say whether pieces of a day are kept."""
        return self.shelf.kept(_kind(kind), place) is not None

    def _find(
        self, snapshot: Snapshot, kind: Hashable, places: Sequence[Place], read: Read[Content]
    ) -> Mapping[Place, _Record[Content]]:
        records = {place: self._record(snapshot, kind, place) for place in places}
        read_now = _ask(snapshot, records, read)
        for one in read_now:
            for place, record in self._renewed(snapshot, records, one).items():
                self._keep(kind, place, record)
                records[place] = record
        return records

    def _records(self, kind: Hashable, place: Place) -> _Records[Content]:
        return cast("_Records[Content]", self.shelf.kept(kind, place) or ())

    def _record(self, snapshot: Snapshot, kind: Hashable, place: Place) -> _Record[Content]:
        records = self._records(kind, place)
        return next((one for one in records if one.is_of(snapshot)), _Record())

    def _keep(self, kind: Hashable, place: Place, record: _Record[Content]) -> None:
        """Keep a record among the last ones."""
        records = [record, *self._records(kind, place)]
        records.sort(key=lambda one: one.begun, reverse=True)
        last = tuple(records[:_LAST_RECORDS])
        sizes = {id(content): size for one in last for content, size in one.pieces.values()}
        self.shelf.keep(kind, place, last, sum(sizes.values()))

    def _renewed(
        self,
        snapshot: Snapshot,
        records: Mapping[Place, _Record[Content]],
        asked: _Asked[Content],
    ) -> dict[Place, _Record[Content]]:
        """Leave out of records what was read anew, and put to them what was read."""
        before = {
            place: records[place] if asked.arrivals.end else _Record() for place in asked.places
        }
        pieces = {
            place: {
                piece: kept
                for piece, kept in record.pieces.items()
                if piece not in asked.arrivals.pieces
            }
            for place, record in before.items()
        }
        for (project, day, piece), content in asked.reading.pieces.items():
            snapshot.check()
            kept = pieces[project, day].get(piece)
            whole = content if kept is None else self.unite([kept[0], content])
            pieces[project, day][piece] = whole, self.size_of(whole)
        provisional = None if asked.reading.lasting else snapshot.provisional.serial
        return {
            place: _Record(
                ended=snapshot.state.ended,
                begun=snapshot.state.begun,
                mark=snapshot.state.mark,
                end=snapshot.state.latest + 1,
                provisional=before[place].provisional or provisional,
                pieces=some,
            )
            for place, some in pieces.items()
        }


def _kind(kind: Hashable) -> Hashable:
    return "pieces", kind


def _ask(
    snapshot: Snapshot, records: Mapping[Place, _Record[Content]], read: Read[Content]
) -> Sequence[_Asked[Content]]:
    """Read what is missing: days of which the same arrivals are known are read together."""
    alike: dict[int, list[Place]] = {}
    changed: dict[int, frozenset[int]] = {}
    for place, record in records.items():
        pieces = snapshot.changed_since(place[0], record.mark)
        if pieces == _NONE and record.is_whole(snapshot):
            continue
        end = 0 if pieces is None else record.end
        alike.setdefault(end, []).append(place)
        changed[end] = changed.get(end, _NONE) | (pieces or _NONE)
    asked = []
    for end, places in alike.items():
        pieces = changed[end] if end else _NONE
        arrivals = Arrivals(size=snapshot.piece_updates, end=end, pieces=pieces)
        readings = [read(places, part) for part in arrivals.parts(snapshot.state.latest)]
        asked.append(_Asked(places=places, arrivals=arrivals, reading=_joined(readings)))
    return asked


def _joined(readings: Sequence[Reading[Content]]) -> Reading[Content]:
    """Put readings together that have no piece in common."""
    return Reading(
        pieces={piece: content for one in readings for piece, content in one.pieces.items()},
        lasting=all(one.lasting for one in readings),
    )
