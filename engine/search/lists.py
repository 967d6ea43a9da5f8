"""Lists of values: `[a, "b c", 3]`.

Owns the rules for lists. Does not know keys. Something that is no well-built list is no error: it
is read as plain text instead, so a failed attempt must be cheap. Whether the rest of a list can be
read from one item on does not depend on where the list began; items from which it could not are
remembered, and no item is ever read twice in vain.

    numlist  := '[' NUM ( SP ',' SP !',' NUM? )* ']' &STOP
    textlist := '[' item ( SP ',' SP !',' item? )* ']' &STOP
    item     := quoted / bare_item
"""

from dataclasses import dataclass, field

from engine.search import scanner as shapes
from engine.search.scanner import Scanner
from engine.search.tree import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """The items in order and where the list ends; an item left empty at the end is reported."""

    items: tuple[Value, ...]
    end: int
    has_empty: bool


@dataclass(slots=True)
class ListReader:
    """Reads the lists of one query."""

    scanner: Scanner
    _hopeless: set[int] = field(default_factory=set)

    def numbers(self, at: int) -> FoundList | None:
        """Read a `numlist` that begins here."""
        end = self.scanner.end(shapes.NUMBER_LIST, at)
        if end is None:
            return None
        text = self.scanner.text
        items = tuple(
            Value(text=found.group(), span=found.span())
            for found in shapes.NUMBER_ITEM.finditer(text, at, end)
        )
        return FoundList(items=items, end=end, has_empty=text.count(",", at, end) >= len(items))

    def texts(self, at: int) -> FoundList | None:
        """Read a `textlist` that begins here."""
        if not self.scanner.starts("[", at):
            return None
        items: list[Value] = []
        tried: list[int] = []
        position: int | None = at + 1
        while position is not None and position not in self._hopeless:
            tried.append(position)
            item = self._item(position)
            if item is None and not items:
                break
            value, after = item or (None, position)
            if value is not None:
                items.append(value)
            end = self.scanner.end(shapes.LIST_END, after)
            if end is not None:
                return FoundList(items=tuple(items), end=end, has_empty=value is None)
            position = self.scanner.end(shapes.LIST_COMMA, after)
        self._hopeless.update(tried)
        return None

    def _item(self, at: int) -> tuple[Value, int] | None:
        """Read `item := quoted / bare_item`; give it and where it ends."""
        found = self.scanner.match(shapes.QUOTED, at)
        if found is not None:
            return Value(text=unescape(found.group("inner")), span=found.span()), found.end()
        return self._bare_item(at)

    def _bare_item(self, at: int) -> tuple[Value, int] | None:
        """Read an unquoted item.

        It is the longest run without `(`, `)`, `,` and space if a comma follows; otherwise that run
        up to its last `]`, which must not be its first character.
        """
        end = self.scanner.end(shapes.LIST_RUN, at)
        if end is None:
            return None
        if self.scanner.match(shapes.COMMA_AHEAD, end) is None:
            end = self.scanner.text.rfind("]", at, end)
            if end <= at:
                return None
        text = unescape(self.scanner.text[at:end])
        return Value(text=text, span=(at, end)), end


def unescape(text: str) -> str:
    r"""Read `\"` as `"`; every other backslash is itself."""
    return text.replace('\\"', '"')
