"""Free text: words that belong to no filter.

Owns where a run of free text ends. Does not know what becomes of it.

    free_run := ( !filter !bool ( '(' free? ')' / word ) SP )+
    free     := quoted / free_run

Parentheses within free text must be balanced and hold only free text again. When they do not, all
those around them do not either, and the run ends before the outermost; so each parenthesis is
judged once, its answer kept, and no recursion is needed.
"""

from dataclasses import dataclass, field

from engine.search import scanner as shapes
from engine.search.filters import FilterReader
from engine.search.scanner import Scanner


@dataclass(slots=True)
class FreeTextReader:
    """Reads the free text of one query."""

    scanner: Scanner
    filters: FilterReader
    _ends: dict[int, int | None] = field(default_factory=dict)

    def end_of_run(self, at: int) -> int:
        """Find where a `free_run` that begins here ends; here, if none does."""
        position = at
        while True:
            if self.scanner.starts("(", position):
                end = self._end_of_parentheses(position)
            else:
                end = self._end_of_word(position)
            if end is None:
                return position
            position = self.scanner.after_spaces(end)

    def _end_of_word(self, at: int) -> int | None:
        """Read `!filter !bool word`."""
        if self.scanner.match(shapes.BOOLEAN_OPERATOR, at) is not None:
            return None
        return None if self.filters.stands_at(at) else self.scanner.end(shapes.WORD, at)

    def _end_of_parentheses(self, at: int) -> int | None:
        """Read `'(' free? ')'`."""
        if at not in self._ends:
            self._judge(at)
        return self._ends[at]

    def _judge(self, at: int) -> None:
        """Find the ends of these parentheses and of all within them."""
        opened: list[int] = []
        position: int | None = at
        while position is not None:
            if position in self._ends:
                end = self._ends[position]
                position = None if end is None else self.scanner.after_spaces(end)
            elif self.scanner.starts("(", position):
                opened.append(position)
                position = self._after_opening(position)
            elif self.scanner.starts(")", position):
                end = position + 1
                self._ends[opened.pop()] = end
                if not opened:
                    return
                position = self.scanner.after_spaces(end)
            else:
                end = self._end_of_word(position)
                position = None if end is None else self.scanner.after_spaces(end)
        self._ends.update(dict.fromkeys(opened))

    def _after_opening(self, at: int) -> int | None:
        """Go past `'(' quoted?`; quotes that are not all there is between them do not fit."""
        end = self.scanner.end(shapes.QUOTED, at + 1)
        if end is None:
            return at + 1
        return end if self.scanner.starts(")", end) else None
