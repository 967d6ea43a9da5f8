"""The days of one store, as they are read, merged into blocks, and kept.

Owns where a day comes from: the shelf, its built table, or the sessions if it has changed. Does not
know groups or buckets.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from engine.rollup.grain import Days, blocks_of, days_of_block
from engine.rollup.labels import Labels
from engine.rollup.runs import Detail, Run, Store, read_built, read_sessions
from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import Place, Snapshot

Cell = TypeVar("Cell")
Content: TypeAlias = Mapping[tuple[int, int], Cell]
"""By label and hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive(Generic[Cell]):
    """How the days of a store are read, what is made of them, and where they are kept.

    `merge` puts days together where a block of them is cheaper to have than each; None: it is not.
    """

    store: Store
    gather: Callable[[Iterable[Run], Sequence[Place]], dict[Place, Content[Cell]]]
    size_of: Callable[[Content[Cell]], int]
    shelf: Shelf
    merge: Callable[[Sequence[Content[Cell]]], Content[Cell]] | None

    def days(
        self, snapshot: Snapshot, places: Sequence[Place], detail: Detail, labels: Labels
    ) -> dict[Place, Content[Cell]]:
        """Give days in a detail: kept ones, and others as they are read now."""

        def from_sessions(missing: Sequence[Place]) -> dict[Place, Content[Cell]]:
            runs = read_sessions(snapshot.cursor, self.store, missing, detail, labels)
            return self.gather(runs, missing)

        def from_table(missing: Sequence[Place]) -> dict[Place, Content[Cell]]:
            runs = read_built(snapshot.cursor, self.store, missing, detail)
            return self.gather(runs, missing)

        versions = {
            place: version for place in places if (version := snapshot.version(place)) is not None
        }
        read = from_sessions if detail.hourly else from_table
        found = self.shelf.find((self.store, detail), versions, read, self.size_of)
        return found | from_sessions([place for place in places if place in snapshot.stale])

    def blocks(
        self,
        snapshot: Snapshot,
        projects: Sequence[int],
        days: Days,
        detail: Detail,
        labels: Labels,
    ) -> dict[Place, Content[Cell]]:
        """Give the blocks of whole days none of which has changed, by project and block."""
        merge = self.merge
        if merge is None:
            return {}

        def merge_days(missing: Sequence[Place]) -> dict[Place, Content[Cell]]:
            wanted = [(project, day) for project, block in missing for day in days_of_block(block)]
            found = self.days(snapshot, wanted, detail, labels)
            return {
                (project, block): merge(
                    [found[project, day] for day in days_of_block(block) if (project, day) in found]
                )
                for project, block in missing
            }

        versions = {
            (project, block): tuple(
                snapshot.built.get((project, day)) for day in days_of_block(block)
            )
            for project in projects
            for block in blocks_of(days)
            if not any((project, day) in snapshot.stale for day in days_of_block(block))
        }
        return self.shelf.find((self.store, detail, merge), versions, merge_days, self.size_of)
