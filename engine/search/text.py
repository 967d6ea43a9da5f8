"""From a tree back to text: what is printed here parses to an equal tree.

Owns one spelling of the language. Does not keep the caller's spelling.
"""

import re

from engine.search import scanner as shapes
from engine.search.keys import KeyType, key_type
from engine.search.tree import Aggregate, Filter, FreeText, Group, Operator, Term, Value

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.\-]+")
_TAG = re.compile(r"tags\[(?P<key>.+)\]", re.DOTALL)
_RESERVED = frozenset({"has", "is"})
_OPPOSITES = {">": "!<=", "<": "!>=", ">=": ">=", "<=": "<=", "=": "=", "!=": "!="}
"""Comparisons that can stand before text that begins with `=`; with `!` the filter is negated."""


def text_of(query: Group | None) -> str:
    """Print a query; None is the empty one."""
    return "" if query is None else _terms(query)


def _terms(group: Group) -> str:
    return " ".join(_term(term) for term in group.terms)


def _term(term: Term) -> str:
    match term:
        case Filter():
            return _filter(term)
        case FreeText():
            return term.text if term.text.endswith("\\") else _quoted(term.text)
        case Aggregate():
            return term.source
        case Operator():
            return term.word
        case Group():
            # With the space it can never be read as parentheses within free text.
            return f"( {_terms(term)})"


def _filter(term: Filter) -> str:
    tag = _TAG.fullmatch(term.key)
    key = f"tags[{_key(tag.group('key'))}]" if tag else _key(term.key)
    if term.operator in {"IN", "NOT IN"}:
        return _list(key, term)
    value = term.values[0]
    if value.text == "" and tag is None and term.operator in {"=", "!="}:
        return f"{'' if term.is_negated else '!'}has:{_bare(term.key)}"
    if key_type(term.key) is not KeyType.TEXT:
        return _typed(key, term)
    if value.text.endswith("\\"):
        return _raw(key, term)
    negation = "!" if term.is_negated else ""
    comparison = "" if term.operator in {"=", "!="} else term.operator
    return f"{negation}{key}:{comparison}{_quoted(value.text)}"


def _bare(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else f'"{key}"'


def _key(key: str) -> str:
    return f'"{key}"' if key in _RESERVED else _bare(key)


def _list(key: str, term: Filter) -> str:
    spell = _plain if key_type(term.key) is not KeyType.TEXT else _item
    items = ",".join(spell(value) for value in term.values)
    return f"{'!' if term.is_negated else ''}{key}:[{items}]"


def _plain(value: Value) -> str:
    return value.text


def _item(value: Value) -> str:
    return _escaped(value.text) if value.text.endswith("\\") else _quoted(value.text)


def _typed(key: str, term: Filter) -> str:
    """Print values of typed keys as typed: quotes would make text of them."""
    text = term.values[0].text
    if term.is_negated and shapes.DAY.fullmatch(text) is None:
        return f"!{key}:{text}"
    return f"{key}:{'' if term.operator == '=' else term.operator}{text}"


def _raw(key: str, term: Filter) -> str:
    """Print a value that ends in a backslash, which nothing in quotes can."""
    comparison = _OPPOSITES[term.operator]
    if comparison.startswith("!") and comparison != "!=":
        return f"!{key}:{comparison[1:]}{_escaped(term.values[0].text)}"
    return f"{key}:{comparison}{_escaped(term.values[0].text)}"


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace('"', '\\"')
