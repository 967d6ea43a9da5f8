"""The days of one store, as they are read, merged into blocks, and kept.

Owns where a day comes from: the shelf, its built table, or the sessions if it has changed. Does not
know groups or buckets.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from engine.rollup.arrivals import Arrivals
from engine.rollup.content import NONE, Content, Form, Small, gather, merge, relabelled, size_of
from engine.rollup.grain import Days, block_of, blocks_of, days_of_block
from engine.rollup.labels import Codes
from engine.rollup.recent import Reading, Recent, portions
from engine.rollup.runs import (
    PROJECTS,
    Detail,
    Level,
    Store,
    read_built,
    read_sessions,
    runs_of,
)
from engine.rollup.session_rows import read_session_rows
from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import Place, Snapshot
from schema.catalog import Key

Cell = TypeVar("Cell")

ALL_PROJECTS: Final = 0
"""In place of a project where several are put together."""


def across_projects(snapshot: Snapshot, level: Level) -> Codes:
    """Give for each label the one by which it goes where projects are put together."""
    return snapshot.directory.heads(level - {Key.PROJECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive(Generic[Cell]):
    """How the days of a store are read, what is made of them, and where they are kept.

    `merges_days` says that a block of days is cheaper to have than each of them; `small`
    cells are made when they are asked for.
    """

    store: Store
    form: Form[Cell]
    merges_days: bool
    shelf: Shelf
    small: Small

    def _merge(
        self, snapshot: Snapshot, contents: Sequence[Content[Cell]], level: Level
    ) -> Content[Cell]:
        snapshot.check()
        return merge(contents, self.form, self._small(level))

    def _small(self, level: Level) -> Small:
        """Say which cells are small; of projects there are few, and they share one label."""
        return NONE if level == PROJECTS else self.small

    def _size_of(self, content: Content[Cell]) -> int:
        return size_of(content, self.form)

    @property
    def recent(self) -> Recent[Content[Cell]]:
        """Give what keeps days that go on changing."""
        return Recent(
            shelf=self.shelf,
            unite=lambda parts: merge(parts, self.form, self.small),
            size_of=self._size_of,
        )

    def changed(
        self, snapshot: Snapshot, places: Collection[Place], detail: Detail
    ) -> Iterator[tuple[Place, Content[Cell]]]:
        """Give days that have changed since they were built, in pieces, each with its day."""
        small = self._small(detail.level)

        def read(some: Sequence[Place], arrivals: Arrivals) -> Reading[Content[Cell]]:
            found = read_session_rows(snapshot, some, arrivals)
            runs = runs_of(snapshot, self.store, found.rows, detail)
            pieces = [piece for piece in runs.places if piece[:2] in some]
            contents = gather(runs, pieces, self.form, small)
            return Reading(pieces=dict(contents), lasting=found.numbered)

        return self.recent.find(snapshot, (self.store, detail), places, read)

    def days(
        self, snapshot: Snapshot, places: Sequence[Place], detail: Detail
    ) -> dict[Place, Content[Cell]]:
        """Give days that have not changed in a detail: kept ones, and others as they are built."""

        def read(missing: Sequence[Place]) -> dict[Place, Content[Cell]]:
            kind = self.store, detail
            known = [one for one in missing if detail.hourly and self.recent.knows(kind, one)]
            others = [one for one in missing if one not in known]
            found = self._united(snapshot, known, detail)
            for some in portions(others):
                found.update(self._read(snapshot, some, detail))
            return found

        versions = {
            place: version for place in places if (version := snapshot.version(place)) is not None
        }
        return self.shelf.find((self.store, detail), versions, read, self._size_of)

    def _united(
        self, snapshot: Snapshot, places: Sequence[Place], detail: Detail
    ) -> dict[Place, Content[Cell]]:
        """Give days that are kept in pieces."""
        pieces: dict[Place, list[Content[Cell]]] = {place: [] for place in places}
        for place, content in self.changed(snapshot, places, detail):
            pieces[place].append(content)
        return {
            place: self._merge(snapshot, contents, detail.level)
            for place, contents in pieces.items()
        }

    def _read(
        self, snapshot: Snapshot, places: Sequence[Place], detail: Detail
    ) -> Iterator[tuple[Place, Content[Cell]]]:
        reading = read_sessions if detail.hourly else read_built
        runs = reading(snapshot, self.store, places, detail)
        for one in gather(runs, places, self.form, self._small(detail.level)):
            snapshot.check()
            yield one

    def together(
        self, snapshot: Snapshot, projects: Sequence[int], days: Sequence[int], detail: Detail
    ) -> dict[int, Content[Cell]]:
        """Give days of several projects put together, those that have not changed in any.

        What differs in nothing but the project goes by one label, as `across_projects` tells.
        """

        def merge_projects(missing: Sequence[Place]) -> dict[Place, Content[Cell]]:
            wanted = [(project, day) for _, day in missing for project in projects]
            found = self.days(snapshot, wanted, detail)
            heads = across_projects(snapshot, detail.level)
            return {
                place: self._merge(
                    snapshot,
                    [
                        relabelled(found[project, place[1]], heads)
                        for project in projects
                        if (project, place[1]) in found
                    ],
                    detail.level,
                )
                for place in missing
            }

        built, changed = snapshot.state.built, {day for _, day in snapshot.stale}
        versions = {
            (ALL_PROJECTS, day): tuple(built.get((project, day)) for project in projects)
            for day in days
            if day not in changed
        }
        kind = (self.store, detail, tuple(projects))
        found = self.shelf.find(kind, versions, merge_projects, self._size_of)
        return {day: content for (_, day), content in found.items()}

    def blocks(
        self, snapshot: Snapshot, projects: Sequence[int], days: Days, detail: Detail
    ) -> dict[Place, Content[Cell]]:
        """Give the blocks of whole days none of which has changed, by project and block."""
        if not self.merges_days:
            return {}

        def merge_days(missing: Sequence[Place]) -> dict[Place, Content[Cell]]:
            wanted = [(project, day) for project, block in missing for day in days_of_block(block)]
            found = self.days(snapshot, wanted, detail)
            return {
                (project, block): self._merge(
                    snapshot,
                    [
                        found[project, day]
                        for day in days_of_block(block)
                        if (project, day) in found
                    ],
                    detail.level,
                )
                for project, block in missing
            }

        newest = snapshot.state.newest
        changed = {(project, block_of(day)) for project, day in snapshot.stale}
        versions = {
            (project, block): newest[project, block]
            for project in projects
            for block in blocks_of(days)
            if (project, block) in newest and (project, block) not in changed
        }
        return self.shelf.find((self.store, detail, "blocks"), versions, merge_days, self._size_of)
