"""One filter: a key, a colon and what stands behind it.

Owns the order in which the shapes of a value are tried and how `!` and comparisons combine into
one operator. Does not know which keys sessions have. A value that is wrong does not stop the
reading: its error is handed back beside the filter, because a query that cannot be read to its end
is reported before any of its values.

    filter   := date / day / rel / dur / size / boolean / numlist / number / aggregate
              / has / is / textlist / text
    has      := '!'? 'has:' ( skey / value )            is := '!'? 'is:' value
    textlist := '!'? tkey ':' wildcard? list            text := '!'? tkey ':' wildcard? op? value
    skey     := key / qkey        tkey := 'tags[' skey ']' / skey        value := quoted / raw
"""

import re
from dataclasses import dataclass
from datetime import datetime

from engine.errors import SearchError
from engine.search import scanner as shapes
from engine.search.keys import ORDERED_KEYS, Form, KeyType, complaint, key_type
from engine.search.lists import FoundList, ListReader, unescape
from engine.search.scanner import Scanner
from engine.search.tree import Aggregate, Filter, Span, Value
from engine.search.wildcards import with_wildcards

_SCALARS = (
    (Form.DATE, shapes.DATE),
    (Form.DAY, shapes.DAY),
    (Form.RELATIVE, shapes.RELATIVE),
    (Form.DURATION, shapes.DURATION),
    (Form.SIZE, shapes.SIZE),
    (Form.BOOLEAN, shapes.BOOLEAN),
)
_NEVER_NEGATED = frozenset({Form.DATE, Form.DAY, Form.RELATIVE})
_OPPOSITES = {"=": "!=", "!=": "=", ">": "<=", "<=": ">", "<": ">=", ">=": "<", "IN": "NOT IN"}
_ORDERINGS = frozenset({">", ">=", "<", "<="})
_LOOSE_QUOTE = re.compile(r'(?<!\\)"')

EMPTY_ITEM = "Lists should not have empty values"
_EMPTY_ITEM_HINT = "Remove the comma before the closing bracket."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A filter, where its text ends, and what is wrong with it."""

    term: Filter | Aggregate
    end: int
    error: SearchError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What stands before a value: `!`, the key, and where the value begins.

    `word` is the key if it was typed without quotes and is no tag.
    """

    start: int
    end: int
    negated: bool
    key: str
    word: str
    is_tag: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterReader:
    """Reads the filters of one query; `now` only appears in the text about wrong dates."""

    scanner: Scanner
    lists: ListReader
    now: datetime

    def stands_at(self, at: int) -> bool:
        """Say whether a filter begins here, at little cost."""
        return (
            self.scanner.match(shapes.FILTER_HEAD, at) is not None
            or self.scanner.match(shapes.AGGREGATE, at) is not None
        )

    def read(self, at: int) -> Found | None:
        """Read the filter that begins here."""
        head = self._head(at)
        if head is None:
            return self._aggregate(at)
        if not head.is_tag:
            found = self._scalar(head) or self._number(head)
            if found is None and head.word == "has":
                return self._has(head)
            if found is None and head.word == "is":
                return self._is(head)
            if found is not None:
                return found
        return self._text_list(head) or self._text(head)

    def _head(self, at: int) -> _Head | None:
        found = self.scanner.match(shapes.FILTER_HEAD, at)
        if found is None:
            return None
        word = found.group("key") or ""
        key = found.group("tag") or word or found.group("quoted_key")
        return _Head(
            start=at,
            end=found.end(),
            negated=found.group("negation") is not None,
            key=key.replace('"', ""),
            word=word,
            is_tag=found.group("tag") is not None,
        )

    def _aggregate(self, at: int) -> Found | None:
        """Read a filter on a function; its arguments may not end in a comma."""
        found = self.scanner.match(shapes.AGGREGATE, at)
        if found is None:
            return None
        inside = found.group("arguments") or ""
        arguments = shapes.ARGUMENT.findall(inside)
        key = f"{found.group('name')}({', '.join(arguments)})"
        term = Aggregate(key=key, source=found.group(), span=found.span())
        error = None
        if inside.rstrip(" ").endswith(","):
            error = SearchError(EMPTY_ITEM, span=found.span(), hint=_EMPTY_ITEM_HINT)
        return Found(term=term, end=found.end(), error=error)

    def _scalar(self, head: _Head) -> Found | None:
        """Read `date / day / rel / dur / size / boolean`."""
        for form, pattern in _SCALARS:
            if head.negated and form in _NEVER_NEGATED:
                continue
            found = self.scanner.match(pattern, head.end)
            if found is not None:
                return self._one(head, form, found)
        return None

    def _number(self, head: _Head) -> Found | None:
        """Read `numlist / number`."""
        several = self.lists.numbers(head.end)
        if several is not None:
            return self._several(head, Form.NUMBERS, found=several)
        found = self.scanner.match(shapes.NUMBER, head.end)
        return None if found is None else self._one(head, Form.NUMBER, found)

    def _has(self, head: _Head) -> Found:
        """Read `has`: the key is not empty, or with `!` is."""
        found = self.scanner.match(shapes.BARE_KEY, head.end)
        if found is not None:
            key = found.group().strip('"')
            return Found(
                term=Filter(
                    key=key,
                    operator="=" if head.negated else "!=",
                    values=(Value(text="", span=found.span()),),
                    span=(head.start, found.end()),
                ),
                end=found.end(),
            )
        message = 'Invalid format for "has" search: was expecting a field or tag instead'
        return self._refused(head, message, "Name one key, as in has:release.")

    def _is(self, head: _Head) -> Found:
        message = '"is:" queries are not supported in this search.'
        return self._refused(head, message, 'Quote the key, as in "is":x, if it is meant as a key.')

    def _refused(self, head: _Head, message: str, hint: str) -> Found:
        """Refuse a filter whatever its value; a misplaced quote in the value is told first."""
        value, end, error = self._value(head.end)
        span = (head.start, end)
        return Found(
            term=Filter(key=head.key, operator="=", values=(value,), span=span),
            end=end,
            error=error or SearchError(message, span=span, hint=hint),
        )

    def _text_list(self, head: _Head) -> Found | None:
        wildcard, at = self._wildcard(head.end)
        several = self.lists.texts(at)
        if several is None:
            return None
        return self._several(head, Form.TEXTS, found=several, wildcard=wildcard)

    def _text(self, head: _Head) -> Found:
        wildcard, at = self._wildcard(head.end)
        comparison = self.scanner.match(shapes.COMPARISON, at)
        operator = "=" if comparison is None else comparison.group()
        start = at if comparison is None else comparison.end()
        value, end, error = self._value(start)
        if end == start:
            message = f"Empty string after '{head.key}:'"
            hint = f'Write {head.key}:"" for the empty value; key and value must touch the colon.'
            error = SearchError(message, span=(head.start, end), hint=hint)
        found = self._single(head, Form.TEXT, operator=operator, value=value)
        values = tuple(with_wildcards(value, wildcard) for value in found.term.values)
        term = Filter(
            key=head.key, operator=found.term.operator, values=values, span=(head.start, end)
        )
        return Found(term=term, end=end, error=error or found.error)

    def _wildcard(self, at: int) -> tuple[str, int]:
        """Read the operators of the reference's search bar, each between two U+F00D."""
        found = self.scanner.match(shapes.WILDCARD_OPERATOR, at)
        return ("", at) if found is None else (found.group("word"), found.end())

    def _value(self, at: int) -> tuple[Value, int, SearchError | None]:
        """Read `value := quoted / raw`; every quote within raw text needs a backslash before it."""
        found = self.scanner.match(shapes.QUOTED, at)
        if found is not None:
            return Value(text=unescape(found.group("inner")), span=found.span()), found.end(), None
        end = self.scanner.end(shapes.RAW, at) or at
        raw = self.scanner.text[at:end]
        error = None
        quote = _LOOSE_QUOTE.search(raw)
        if quote is not None:
            message = f"Invalid quote at '{raw}': quotes must enclose text or be escaped."
            place = at + quote.start()
            error = SearchError(message, span=(place, place + 1), hint='Write \\" for a quote.')
        return Value(text=unescape(raw), span=(at, end)), end, error

    def _one(self, head: _Head, form: Form, found: re.Match[str]) -> Found:
        value = Value(text=found.group("value"), span=found.span("value"))
        operator = found.group("operator") or "="
        return self._single(head, form, operator=operator, value=value)

    def _single(self, head: _Head, form: Form, *, operator: str, value: Value) -> "_FoundFilter":
        """Combine one value with its comparison; where nothing is ordered, `>` is part of it."""
        span = (head.start, value.span[1])
        plain = {"="} if form is Form.DATE else {"=", "!="}
        shown = value.text if operator in plain else operator + value.text
        error = self._complaint(head.key, form, shown=shown, span=span)
        if operator in _ORDERINGS and not _is_ordered(head.key, form):
            value, operator = Value(text=shown, span=(head.end, span[1])), "="
        if head.negated:
            operator = _OPPOSITES[operator]
        term = Filter(key=head.key, operator=operator, values=(value,), span=span)
        return _FoundFilter(term=term, end=span[1], error=error)

    def _several(
        self, head: _Head, form: Form, *, found: FoundList, wildcard: str = ""
    ) -> "_FoundFilter":
        span = (head.start, found.end)
        values = tuple(with_wildcards(item, wildcard) for item in found.items)
        operator = "NOT IN" if head.negated else "IN"
        if found.has_empty:
            error: SearchError | None = SearchError(EMPTY_ITEM, span=span, hint=_EMPTY_ITEM_HINT)
        else:
            shown = repr([value.text for value in values])
            error = self._complaint(head.key, form, shown=shown, span=span)
        term = Filter(key=head.key, operator=operator, values=values, span=span)
        return _FoundFilter(term=term, end=found.end, error=error)

    def _complaint(self, key: str, form: Form, *, shown: str, span: Span) -> SearchError | None:
        message = complaint(key, form, shown=shown, now=self.now)
        return None if message is None else SearchError(message, span=span)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FoundFilter(Found):
    """A find that surely is a filter on a key."""

    term: Filter


def _is_ordered(key: str, form: Form) -> bool:
    if key_type(key) is not KeyType.TEXT:
        return True
    return key in ORDERED_KEYS and form in {Form.NUMBER, Form.TEXT}
