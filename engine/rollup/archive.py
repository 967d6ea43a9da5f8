"""The days of one store, as they are read, merged into blocks, and kept.

Owns where a day comes from: the shelf, its built table, or the sessions if it has changed. Does not
know groups or buckets.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

from engine.rollup.content import NONE, Content, Form, Small, gather, merge, relabelled, size_of
from engine.rollup.grain import Days, block_of, blocks_of, days_of_block
from engine.rollup.labels import Codes
from engine.rollup.runs import PROJECTS, Detail, Level, Runs, Store, read_built, read_sessions
from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import Place, Snapshot
from schema.catalog import Key

Cell = TypeVar("Cell")

ALL_PROJECTS: Final = 0
"""In place of a project where several are put together."""


_DAYS_AT_ONCE: Final = 4


def _portions(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    """Split places by days; the rows of one statement are in memory together, several times."""
    portions: dict[int, list[Place]] = {}
    for place in places:
        portions.setdefault(place[1] // _DAYS_AT_ONCE, []).append(place)
    yield from portions.values()


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

    def days(
        self, snapshot: Snapshot, places: Sequence[Place], detail: Detail
    ) -> dict[Place, Content[Cell]]:
        """Give days in a detail: kept ones, and others as they are read now."""

        def read_with(
            reading: Callable[..., Runs], missing: Sequence[Place]
        ) -> dict[Place, Content[Cell]]:
            found: dict[Place, Content[Cell]] = {}
            for some in _portions(missing):
                runs = reading(snapshot, self.store, some, detail)
                for place, content in gather(runs, some, self.form, self._small(detail.level)):
                    snapshot.check()
                    found[place] = content
            return found

        versions = {
            place: version for place in places if (version := snapshot.version(place)) is not None
        }
        read = partial(read_with, read_sessions if detail.hourly else read_built)
        found = self.shelf.find((self.store, detail), versions, read, self._size_of)
        changed = [place for place in places if place in snapshot.stale]
        return found | read_with(read_sessions, changed)

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
