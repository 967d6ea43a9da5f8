"""Which terms of a query can filter sessions at all.

Owns the keys' door: what is refused here needs neither projects nor releases to be known. Does not
know how terms are joined.
"""

from engine.errors import SearchError
from engine.search.release_terms import (
    STAGE,
    VERSION_KEYS,
    only_environment,
    stage_names,
    version_names,
)
from engine.search.tree import Aggregate, Filter, FreeText
from schema.catalog import SEARCH_KEYS

PROJECT_ID = "project_id"

_FREE_TEXT_KEY = "message"
_NAMES = tuple(key.name for key in SEARCH_KEYS)
_ORDERINGS = frozenset({">", ">=", "<", "<="})
_OWN_ASTERISKS = VERSION_KEYS | {STAGE, PROJECT_ID}


def admit(term: Filter | FreeText | Aggregate, environments: tuple[str, ...] | None) -> Filter:
    """Give the filter that a term is, or refuse it.

    `environments` are those chosen beside the query; None leaves them for later. Raises
    SearchError: the term is no filter of sessions, or its value can never be one.
    """
    if isinstance(term, FreeText):
        raise _invalid(_FREE_TEXT_KEY, term, _text_hint(term.text))
    if isinstance(term, Aggregate) or term.key not in _NAMES:
        raise _invalid(term.key, term, f"The keys are {', '.join(_NAMES)}.")
    if term.key in VERSION_KEYS:
        version_names(term, ())
    elif term.key == STAGE:
        if environments is not None:
            only_environment(term, environments)
        stage_names(term, {})
    elif term.operator in _ORDERINGS:
        hint = "Ids have no order here; use =, != or a list."
        raise SearchError("Unable to resolve conditions", span=term.span, hint=hint)
    return term


def check_asterisks(term: Filter) -> None:
    """Refuse a pattern on a key that is compared exactly."""
    if term.key in _OWN_ASTERISKS:
        return
    for value in term.values:
        if value.is_pattern:
            message = "Invalid condition: wildcard search is not supported"
            raise SearchError(message, span=value.span, hint=r"Write \* for a plain asterisk.")


def _invalid(key: str, term: Filter | FreeText | Aggregate, hint: str) -> SearchError:
    return SearchError(f"Invalid search filter: {key}", span=term.span, hint=hint)


def _text_hint(text: str) -> str:
    if text.endswith("]"):
        return "A list has no spaces beside its brackets and no empty items: key:[a, b]."
    return "Words outside of key:value cannot be searched; a value with spaces needs quotes."
