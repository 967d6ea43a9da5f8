"""Counts of sessions as arrays, kept by project and block of days.

Owns what a row of counts is, and where it comes from: the shelf, a built table, or the sessions of
days that have changed. Does not know groups or buckets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.day_number import DAY_SECONDS
from engine.plan import GRAINS, Source
from engine.rollup.grain import BLOCK_DAYS, Days, block_of, days_of_block
from engine.rollup.places import LABELLED_SESSIONS, OF_PLACES, read_rows
from engine.rollup.runs import ordering, starts_of
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


class Frames:
    """The counts of one storage."""

    def __init__(self, shelf: Shelf) -> None:
        """Keep them on a shelf."""
        self._shelf = shelf

    def rows(
        self, snapshot: Snapshot, projects: Sequence[int], days: Days, source: Source
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
        changed: dict[Place, list[int]] = {}
        for project, day in snapshot.stale:
            changed.setdefault((project, block_of(day)), []).append(day)
        frames = [_without(frame, changed.get(place), seconds) for place, frame in found.items()]
        if snapshot.stale:
            frames.append(_fresh(snapshot, seconds))
        return _together(frames)


def _fresh(snapshot: Snapshot, seconds: int) -> Frame:
    """Count the sessions of days that have changed."""
    text = (
        f"SELECT CAST(floor(started / {seconds}) AS INTEGER) AS moment, {_CODE},"  # noqa: S608  (names of ours)
        f" CAST(sum(quantity) AS BIGINT) AS quantity FROM {LABELLED_SESSIONS}"
        f" WHERE {OF_PLACES} GROUP BY ALL"
    )
    return _frame(read_rows(snapshot, text, sorted(snapshot.stale)))


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
    order = ordering([rows["block"], rows["project_id"]])
    rows = {name: column[order] for name, column in rows.items()}
    starts = starts_of([rows["block"], rows["project_id"]])
    found = zip(rows["project_id"][starts].tolist(), rows["block"][starts].tolist(), strict=True)
    cuts = map(slice, starts.tolist(), [*starts[1:].tolist(), None])
    frames = dict.fromkeys(places, _frame({name: column[:0] for name, column in rows.items()}))
    for place, cut in zip(found, cuts, strict=True):
        frames[place] = _frame({name: column[cut] for name, column in rows.items()})
    return frames


def _frame(rows: dict[str, npt.NDArray[np.generic]]) -> Frame:
    return Frame(
        moments=rows["moment"].astype(np.int32),
        codes=rows["code"].astype(np.int32),
        quantities=rows["quantity"].astype(np.int64),
    )
