"""The search language: from the text of `query` to its terms.

Owns the grammar of whole queries and their limits. Does not know which keys exist or whether the
operators stand well: `engine.search.bind` asks that.

    query    := SP term*                       (all of the input, else a parse error)
    term     := ( bool / group / filter / free ) SP
    bool     := ( 'OR' / 'AND' ) &STOP         (any letter case)
    group    := '(' SP term+ ')'
    free     := quoted / free_run
    free_run := ( !filter !bool ( '(' free? ')' / word ) SP )+

The notation is that of a parsing expression grammar: `/` tries the right side only where the left
one fails, and what was taken is never given back; the lexical rules are in `scanner`.

Hand-written, over characters, without a parser library, because (1) the language cannot be cut
into tokens without context: `[`, `>`, `(`, quotes and digits change meaning with the key before
and with what follows several characters later, and nearly every malformed input is legal text;
(2) each error has two tellings, the reference's sentence with its odd arithmetic and the true
place, so the places must be ours; (3) the time must be linear in the length of the query.

Groups need no recursion. A `(` at the start of a term either opens a group or, as `()`, begins
free text; a group that is never closed makes all groups around it fail as well, so the reading
stops at the outermost of them, which is also the place the reference reports.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from engine.errors import SearchError
from engine.limits import Limits
from engine.search import scanner as shapes
from engine.search.filters import FilterReader
from engine.search.free_text import FreeTextReader
from engine.search.lists import ListReader, unescape
from engine.search.scanner import Scanner
from engine.search.tree import FreeText, Group, Operator, Term

_LIMITS = Limits()
_EXCERPT = 5
_EXAMPLE_MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


def parse(
    text: str,
    *,
    now: datetime = _EXAMPLE_MOMENT,
    characters: int = _LIMITS.query_characters,
    nesting: int = _LIMITS.query_nesting,
) -> Group | None:
    """Read a query; None if it says nothing. `now` is only the example in one error text.

    Raises SearchError: the query is too long or nested too deep, cannot be read to its end, or
    holds a wrong value; of several wrong values the first is told.
    """
    if len(text) > characters:
        message = f"The query has {len(text)} characters; the limit is {characters}."
        raise SearchError(message, span=(characters, len(text)), hint="Shorten the query.")
    return read(Scanner(text), now=now, nesting=nesting)


def read(scanner: Scanner, *, now: datetime, nesting: int) -> Group | None:
    """Read the whole of a scanner's text, as `parse` does."""
    filters = FilterReader(scanner=scanner, lists=ListReader(scanner), now=now)
    reader = _QueryReader(
        scanner=scanner, filters=filters, free_texts=FreeTextReader(scanner, filters)
    )
    reader.read()
    if reader.deepest > nesting:
        message = f"The query nests {reader.deepest} groups in one another; the limit is {nesting}."
        raise SearchError(message, span=(0, len(scanner.text)), hint="Remove some parentheses.")
    if reader.error is not None:
        raise reader.error
    terms = tuple(reader.open_groups[0].terms)
    return Group(terms=terms, span=(0, len(scanner.text))) if terms else None


@dataclass(slots=True, kw_only=True)
class _OpenGroup:
    """A group whose closing parenthesis has not been seen; `is_empty` until a term was read."""

    start: int
    terms: list[Term] = field(default_factory=list)
    is_empty: bool = True


@dataclass(slots=True, kw_only=True)
class _QueryReader:
    """Reads one query; `error` is the first wrong value, `deepest` the most groups open at once."""

    scanner: Scanner
    filters: FilterReader
    free_texts: FreeTextReader
    open_groups: list[_OpenGroup] = field(default_factory=lambda: [_OpenGroup(start=0)])
    error: SearchError | None = None
    deepest: int = 0

    def read(self) -> None:
        """Read `query := SP term*`."""
        text = self.scanner.text
        position = self.scanner.after_spaces(0)
        while position < len(text):
            end = self._open_or_close(position) if text[position] in "()" else None
            if end is None:
                end = self._simple_term(position)
            if end is None:
                self._stop(position)
            else:
                position = self.scanner.after_spaces(end)
        if len(self.open_groups) > 1:
            self._stop(position)

    def _open_or_close(self, at: int) -> int | None:
        """Read a parenthesis of `group := '(' SP term+ ')'`."""
        if self.scanner.starts("()", at):
            return None
        innermost = self.open_groups[-1]
        if self.scanner.starts("(", at):
            innermost.is_empty = False
            self.open_groups.append(_OpenGroup(start=at))
            self.deepest = max(self.deepest, len(self.open_groups) - 1)
        elif len(self.open_groups) > 1 and not innermost.is_empty:
            self.open_groups.pop()
            if innermost.terms:
                group = Group(terms=tuple(innermost.terms), span=(innermost.start, at + 1))
                self.open_groups[-1].terms.append(group)
        else:
            return None
        return at + 1

    def _simple_term(self, at: int) -> int | None:
        """Read `bool / filter / free`; nothing is kept of empty quotes."""
        end = self._operator(at) or self._filter(at) or self._quoted(at) or self._free_run(at)
        if end is not None:
            self.open_groups[-1].is_empty = False
        return end

    def _operator(self, at: int) -> int | None:
        found = self.scanner.match(shapes.BOOLEAN_OPERATOR, at)
        if found is None:
            return None
        self._keep(Operator(word=found.group().upper(), span=found.span()))
        return found.end()

    def _filter(self, at: int) -> int | None:
        found = self.filters.read(at)
        if found is None:
            return None
        self.error = self.error or found.error
        self._keep(found.term)
        return found.end

    def _quoted(self, at: int) -> int | None:
        found = self.scanner.match(shapes.QUOTED, at)
        if found is None:
            return None
        if found.group("inner"):
            self._keep(FreeText(text=unescape(found.group("inner")), span=found.span()))
        return found.end()

    def _free_run(self, at: int) -> int | None:
        end = self.free_texts.end_of_run(at)
        if end == at:
            return None
        text = self.scanner.text[at:end].rstrip(" ")
        self._keep(FreeText(text=text, span=(at, at + len(text))))
        return end

    def _keep(self, term: Term) -> None:
        self.open_groups[-1].terms.append(term)

    def _stop(self, position: int) -> None:
        """Report what cannot be read: the outermost open group, or else this place."""
        if len(self.open_groups) > 1:
            position = self.open_groups[1].start
        raise _parse_error(self.scanner.text, position)


def _parse_error(text: str, position: int) -> SearchError:
    """Tell the place as the reference does, and the true one.

    The column counts from the last line feed; the excerpt, a slip that clients know, takes the
    column for an index into the whole query.
    """
    column = position - text.rfind("\n", 0, position)
    excerpt = text[max(0, column - _EXCERPT) : column + _EXCERPT]
    message = (
        f"Parse error at '{excerpt}' (column {column}). This is commonly caused by unmatched"
        " parentheses. Enclose any text in double quotes."
    )
    return SearchError(message, span=(position, position + 1), hint=_hint(text[position]))


def _hint(character: str) -> str:
    hints = {
        "(": "This parenthesis opens a group that is not closed or has nothing in it.",
        ")": "This parenthesis closes nothing.",
        "\n": "A line feed may only stand within quotes.",
    }
    return hints.get(character, "")
