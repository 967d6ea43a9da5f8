"""Counts of sessions as arrays, kept by project and block of days.

Owns what a row of counts is, and where it comes from: the shelf, a built table, or the sessions of
days that have changed. Does not know groups or buckets.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.day_number import DAY_SECONDS
from engine.plan import GRAINS, Source
from engine.rollup.arrivals import Arrivals
from engine.rollup.grain import (
    BLOCK_DAYS,
    HOUR_SECONDS,
    HOURS_A_DAY,
    Days,
    block_of,
    days_of_block,
)
from engine.rollup.places import OF_PLACES, Array, read_rows
from engine.rollup.recent import Reading, Recent
from engine.rollup.runs import cut_rows, starts_of
from engine.rollup.session_rows import read_session_rows
from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import Place, Snapshot
from schema.session import Outcome

OUTCOMES: Final = len(Outcome)

_CODE: Final = f"CAST(number * {OUTCOMES} + outcome AS INTEGER) AS code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Rows of counts: when, in hours or days since 1970; of what; how many sessions.

    A code is `label * OUTCOMES + outcome`. A frame is kept for a project and a block of days, with
    the version of these days together.
    """

    moments: npt.NDArray[np.int32]
    codes: npt.NDArray[np.int32]
    quantities: npt.NDArray[np.int64]

    def where(self, kept: npt.NDArray[np.bool_]) -> "Frame":
        """Leave some rows."""
        return Frame(
            moments=self.moments[kept], codes=self.codes[kept], quantities=self.quantities[kept]
        )


def _together(frames: Iterable[Frame]) -> Frame:
    parts = list(frames)
    return Frame(
        moments=np.concatenate([np.empty(0, np.int32), *(one.moments for one in parts)]),
        codes=np.concatenate([np.empty(0, np.int32), *(one.codes for one in parts)]),
        quantities=np.concatenate([np.empty(0, np.int64), *(one.quantities for one in parts)]),
    )


def _size_of(frame: Frame) -> int:
    return 400 + frame.moments.nbytes + frame.codes.nbytes + frame.quantities.nbytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The counts of days that have changed, by the hour, in the order of their pieces."""

    frames: Sequence[Frame] = ()

    def at(self, seconds: int) -> Iterator[Frame]:
        """Give them by hours or by days."""
        hours = seconds // HOUR_SECONDS
        for frame in self.frames:
            yield frame if hours == 1 else replace(frame, moments=frame.moments // hours)


class Frames:
    """The counts of one storage."""

    def __init__(self, shelf: Shelf) -> None:
        """Keep them on a shelf."""
        self._shelf = shelf
        self._recent: Recent[Frame] = Recent(shelf=shelf, unite=_together, size_of=_size_of)

    def changed(self, snapshot: Snapshot) -> Changed:
        """Count the sessions of days that have changed; the snapshot learns all their labels."""

        def read(places: Sequence[Place], arrivals: Arrivals) -> Reading[Frame]:
            found = read_session_rows(snapshot, places, arrivals)
            pieces = {
                piece: _counted(rows)
                for piece, rows in cut_rows(found.rows, ("piece", "day", "project_id"))
                if piece[:2] in places
            }
            return Reading(pieces=pieces, lasting=found.numbered)

        found = self._recent.find(snapshot, "counts", sorted(snapshot.stale), read)
        frames = tuple(frame for _, frame in found)
        snapshot.learn()
        return Changed(frames=frames)

    def rows(
        self,
        snapshot: Snapshot,
        projects: Sequence[int],
        days: Days,
        source: Source,
        changed: Changed,
    ) -> Frame:
        """Give the rows of all days of a range, and perhaps of others beside them."""
        seconds = GRAINS[source]

        def read(places: Sequence[Place]) -> dict[Place, Frame]:
            return _read(snapshot, source, places)

        newest = snapshot.state.newest
        versions = {
            (project, block): newest[project, block]
            for block in range(block_of(days.first), block_of(days.end - 1) + 1)
            for project in projects
            if (project, block) in newest
        }
        found = self._shelf.find(("counts", source), versions, read, _size_of)
        stale: dict[Place, list[int]] = {}
        for project, day in snapshot.stale:
            stale.setdefault((project, block_of(day)), []).append(day)
        frames = [_without(frame, stale.get(place), seconds) for place, frame in found.items()]
        return _together([*frames, *changed.at(seconds)])


def _counted(rows: Mapping[str, Array]) -> Frame:
    """Count the sessions of one day by hour, label and outcome."""
    hours = rows["day"].astype(np.int64) * HOURS_A_DAY + rows["hour"].astype(np.int64)
    codes = rows["label"].astype(np.int64) * OUTCOMES + rows["outcome"].astype(np.int64)
    order = np.lexsort((codes, hours))
    hours, codes = hours[order], codes[order]
    starts = starts_of([hours, codes])
    sums = np.add.reduceat(rows["quantity"].astype(np.int64)[order], starts)
    return Frame(
        moments=hours[starts].astype(np.int32),
        codes=codes[starts].astype(np.int32),
        quantities=sums,
    )


def _without(frame: Frame, days: Sequence[int] | None, seconds: int) -> Frame:
    """Leave out days."""
    if days is None:
        return frame
    return frame.where(~np.isin(frame.moments // (DAY_SECONDS // seconds), days))


def _read(snapshot: Snapshot, source: Source, places: Sequence[Place]) -> dict[Place, Frame]:
    """Read blocks of days from a built table."""
    seconds = GRAINS[source]
    days = [(project, day) for project, block in places for day in days_of_block(block)]
    text = (
        f"SELECT project_id, CAST(started // {seconds} AS INTEGER) AS moment, {_CODE}, quantity"  # noqa: S608  (names of ours)
        f" FROM {source.value} JOIN labels USING (project_id, release, environment)"
        f" WHERE {OF_PLACES}"
    )
    rows = read_rows(snapshot, text, days)
    rows["block"] = rows["moment"].astype(np.int64) // (DAY_SECONDS // seconds * BLOCK_DAYS)
    frames = dict.fromkeys(places, _frame({name: column[:0] for name, column in rows.items()}))
    for (project, block), some in cut_rows(rows, ("block", "project_id")):
        frames[project, block] = _frame(some)
    return frames


def _frame(rows: Mapping[str, Array]) -> Frame:
    return Frame(
        moments=rows["moment"].astype(np.int32),
        codes=rows["code"].astype(np.int32),
        quantities=rows["quantity"].astype(np.int64),
    )
