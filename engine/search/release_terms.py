"""Filters on what a release is rather than on its name: version, package, build, stage.

Owns how such filters are handed to `engine.release_filter`, and adds the place to its errors. Does
not know where releases are kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from engine.errors import SearchError
from engine.release_filter import select_stages, select_versions
from engine.scope import KnownRelease, Stage
from engine.search.tree import Filter, Span, Value

STAGE = "release.stage"
PACKAGE = "release.package"
VERSION_KEYS = frozenset({"release.version", "release.build", PACKAGE})


def version_names(term: Filter, releases: Sequence[KnownRelease]) -> tuple[str, ...]:
    """Name the releases that a filter on one of `VERSION_KEYS` means.

    Raises SearchError where a value is no version, whatever the releases.
    """
    spell = _package if term.key == PACKAGE else _typed
    values = tuple(spell(value) for value in term.values)
    with _placed(term.span):
        return select_versions(term.key, term.operator, values, releases)


def stage_names(term: Filter, stages: Mapping[tuple[int, str], Stage]) -> tuple[str, ...]:
    """Name the releases in the stages that the filter means.

    Raises SearchError where a value is no stage, whatever the releases.
    """
    with _placed(term.span):
        return select_stages(term.operator, tuple(value.text for value in term.values), stages)


def only_environment(term: Filter, environments: Sequence[str]) -> str:
    """Give the one environment that was chosen beside the query.

    Raises SearchError: none was chosen, or several.
    """
    chosen = set(environments)
    if len(chosen) != 1:
        message = "Choose a single environment to filter by release stage."
        hint = "Stages differ between environments; give one environment parameter."
        raise SearchError(message, span=term.span, hint=hint)
    return chosen.pop()


@contextmanager
def _placed(span: Span) -> Iterator[None]:
    try:
        yield
    except SearchError as error:
        raise SearchError(error.message, span=span, hint=error.hint) from error


def _typed(value: Value) -> str:
    """Keep escapes, so that an asterisk meant literally is not taken for a prefix."""
    return value.text


def _package(value: Value) -> str:
    return value.text if value.is_pattern else value.literal
