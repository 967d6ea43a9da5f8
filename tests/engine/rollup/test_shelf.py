"""A shelf keeps days while there is room, and never takes one version for another."""

from collections.abc import Sequence

from engine.rollup.shelf import Shelf
from engine.rollup.snapshot import Place


class Reader:
    """Reads days that weigh ten bytes each, and remembers which."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.asked: list[Place] = []

    def read(self, places: Sequence[Place]) -> dict[Place, str]:
        """Read days."""
        self.asked.extend(places)
        return {place: f"{place} {len(self.asked)}" for place in places}


def test_what_was_read_is_kept() -> None:
    """The same version of a day is read once."""
    shelf: Shelf[str] = Shelf(lambda _: 10)
    reader = Reader()

    first = shelf.find({(1, 5): 1}, reader.read)
    second = shelf.find({(1, 5): 1}, reader.read)

    assert first == second
    assert reader.asked == [(1, 5)]


def test_another_version_is_read_anew() -> None:
    """A day that was built again takes the place of the one before."""
    shelf: Shelf[str] = Shelf(lambda _: 10)
    reader = Reader()
    shelf.find({(1, 5): 1}, reader.read)

    changed = shelf.find({(1, 5): 2}, reader.read)

    assert changed == {(1, 5): "(1, 5) 2"}
    assert shelf.find({(1, 5): 2}, reader.read) == changed


def test_days_not_asked_for_longest_go_first() -> None:
    """There are never more bytes on it than it may hold."""
    shelf: Shelf[str] = Shelf(lambda _: 10, most_bytes=25)
    reader = Reader()
    for day in (1, 2):
        shelf.find({(1, day): 1}, reader.read)
    shelf.find({(1, 1): 1}, reader.read)
    shelf.find({(1, 3): 1}, reader.read)
    reader.asked.clear()

    shelf.find({(1, 1): 1, (1, 3): 1}, reader.read)
    assert reader.asked == []
    shelf.find({(1, 2): 1}, reader.read)
    assert reader.asked == [(1, 2)]
