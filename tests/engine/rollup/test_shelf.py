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


def ten(_content: str) -> int:
    """Weigh a day."""
    return 10


def test_what_was_read_is_kept() -> None:
    """The same version of a day is read once."""
    shelf = Shelf()
    reader = Reader()

    first = shelf.find("a", {(1, 5): 1}, reader.read, ten)
    second = shelf.find("a", {(1, 5): 1}, reader.read, ten)

    assert first == second
    assert reader.asked == [(1, 5)]


def test_another_version_is_read_anew() -> None:
    """A day that was built again takes the place of the one before."""
    shelf = Shelf()
    reader = Reader()
    shelf.find("a", {(1, 5): 1}, reader.read, ten)

    changed = shelf.find("a", {(1, 5): 2}, reader.read, ten)

    assert changed == {(1, 5): "(1, 5) 2"}
    assert shelf.find("a", {(1, 5): 2}, reader.read, ten) == changed


def test_days_not_asked_for_longest_go_first() -> None:
    """There are never more bytes on it than it may hold."""
    shelf = Shelf(most_bytes=25)
    reader = Reader()
    for day in (1, 2):
        shelf.find("a", {(1, day): 1}, reader.read, ten)
    shelf.find("a", {(1, 1): 1}, reader.read, ten)
    shelf.find("a", {(1, 3): 1}, reader.read, ten)
    reader.asked.clear()

    shelf.find("a", {(1, 1): 1, (1, 3): 1}, reader.read, ten)
    assert reader.asked == []
    shelf.find("a", {(1, 2): 1}, reader.read, ten)
    assert reader.asked == [(1, 2)]


def test_kinds_share_the_room_and_nothing_else() -> None:
    """A day of one kind is never given for another, and all together stay within the bound."""
    shelf = Shelf(most_bytes=25)
    reader = Reader()
    for kind in ("a", "b", "c"):
        shelf.find(kind, {(1, 5): 1}, reader.read, ten)
    assert reader.asked == [(1, 5)] * 3
    reader.asked.clear()

    shelf.find("c", {(1, 5): 1}, reader.read, ten)
    assert reader.asked == []
    shelf.find("a", {(1, 5): 1}, reader.read, ten)
    assert reader.asked == [(1, 5)]
