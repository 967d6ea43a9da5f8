"""Which known releases a filter on version, package, build, stage or `latest` means.

Owns the meaning of these filters. Does not know the search language or where releases are kept.

Every answer is exact and complete: the reference service stops at 1,000 names and then answers
with the ones nearest to the bound or refuses; nothing is cut or refused here. A release that
nobody registered is never selected.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nlargest
from typing import TypeAlias

from engine.errors import SearchError
from engine.release import Release, parse_release
from engine.scope import KnownRelease, Stage
from engine.version_filter import COMPARISONS, parse_version_filter

UNSUPPORTED_STAGE = "Unsupported release.stage value."
_STAGE_HINT = f"The stages are {', '.join(Stage)}."
_STAGES = frozenset(stage.value for stage in Stage)
_NEGATIONS = frozenset({"!=", "NOT IN"})
_MEMBERSHIPS = frozenset({"=", "IN", "!=", "NOT IN"})
_LARGEST_BUILD_NUMBER = 2**63 - 1
_LARGEST_BUILD_DIGITS = len(str(_LARGEST_BUILD_NUMBER))

_Test: TypeAlias = Callable[[Release], bool]


def select_versions(
    key: str, operator: str, values: tuple[str, ...], releases: Sequence[KnownRelease]
) -> tuple[str, ...]:
    """Name the releases that a filter means: each name once, sorted.

    `key` is `release.version`, `release.package` or `release.build`; `operator` is one of
    `= != > >= < <= IN NOT IN`. A list means any of its items, its negation none of them. Raises
    SearchError where a value of `release.version` is no version.

    - `release.version`: see `engine.version_filter`. A release without a version matches neither
      a filter nor its negation. `!release.version:foo@1.*` leaves out just the releases that are
      both of the package and of the version.
    - `release.package`: the exact name, whatever the operator's ordering. A release without a
      version has no package. The negation means every other release, those without one too.
    - `release.build`: a decimal number of up to 63 bits compares with numeric build codes; any
      other text is the exact code, or its start before a trailing `*`, whatever the operator's
      ordering. The negation means every other release, those without a build code too.

    The value `""` means "has none" for each key, so that `has:<key>` (`!= ""`) and `!has:<key>`
    (`= ""`) say what they seem to. In the reference service `release.version:""` is an empty
    prefix, and `has:release.build` selects the releases without one.
    """
    negated = operator in _NEGATIONS
    plain = "=" if operator in _MEMBERSHIPS else operator
    tests = tuple(_test(key, plain, value) for value in values)
    names = {
        known.version
        for known in releases
        if _selected(parse_release(known.version), key=key, tests=tests, negated=negated)
    }
    return tuple(sorted(names))


def select_stages(
    operator: str, values: tuple[str, ...], stages: Mapping[tuple[int, str], Stage]
) -> tuple[str, ...]:
    """Name the releases in these stages, or those that have a stage but none of these.

    `stages` maps (project, release) to its stage in the one chosen environment. Raises
    SearchError for any value but the three stages, and for an ordering.
    """
    if operator not in _MEMBERSHIPS or not _STAGES.issuperset(values):
        raise SearchError(UNSUPPORTED_STAGE, hint=_STAGE_HINT)
    wanted = operator not in _NEGATIONS
    names = {name for (_, name), stage in stages.items() if (stage in values) is wanted}
    return tuple(sorted(names))


def latest_versions(
    releases: Sequence[KnownRelease], *, seen: frozenset[tuple[int, str]] | None = None
) -> tuple[str, ...]:
    """Name the latest release of each project: each name once, sorted.

    A project that numbers its releases by version has its highest version as the latest, and of
    equal ones that added last; any other project has the one added last. `seen` limits the choice
    to these (project, release) pairs; how a project numbers is judged by all its releases.
    """
    by_project: dict[int, list[KnownRelease]] = {}
    for known in releases:
        by_project.setdefault(known.project_id, []).append(known)
    latest = (_latest(group, seen) for group in by_project.values())
    return tuple(sorted({known.version for known in latest if known is not None}))


def follows_versions(releases: Iterable[KnownRelease]) -> bool:
    """Say whether a project numbers its releases by version, by its ten newest.

    Of one or two releases the newest decides. Of more, one of the newest three has to have a
    version, and where there are ten, three of them.
    """
    newest = nlargest(10, releases, key=_by_date)
    semantic = [parse_release(known.version).version is not None for known in newest]
    if len(semantic) < 3:
        return any(semantic[:1])
    return any(semantic[:3]) and (len(semantic) < 10 or sum(semantic) >= 3)


def _latest(
    group: Sequence[KnownRelease], seen: frozenset[tuple[int, str]] | None
) -> KnownRelease | None:
    choice = [known for known in group if seen is None or (known.project_id, known.version) in seen]
    if not follows_versions(group):
        return max(choice, key=_by_date, default=None)
    versions = ((parse_release(known.version).version, known) for known in choice)
    ranked = [(version.precedence, known) for version, known in versions if version is not None]
    best = max(ranked, key=lambda entry: (entry[0], *_by_date(entry[1])), default=None)
    return best and best[1]


def _by_date(known: KnownRelease) -> tuple[int, str]:
    return known.added, known.version


def _selected(release: Release, *, key: str, tests: Iterable[_Test], negated: bool) -> bool:
    if not negated:
        return any(test(release) for test in tests)
    if key == "release.version" and release.version is None:
        return False
    return not any(test(release) for test in tests)


def _test(key: str, operator: str, value: str) -> _Test:
    match key:
        case "release.version":
            return _version_test(operator, value)
        case "release.build":
            return _build_test(operator, value)
        case "release.package":
            return lambda release: _package(release) == value
    message = f"not a release filter: {key}"
    raise AssertionError(message)


def _version_test(operator: str, value: str) -> _Test:
    if not value:
        return lambda release: release.version is None
    return parse_version_filter(value, operator).matches


def _build_test(operator: str, value: str) -> _Test:
    number = _build_number(value)
    if number is not None:
        return lambda release: _compares(_build_number(_build_code(release)), operator, number)
    if value.endswith("*"):
        start = value[:-1]
        return lambda release: _build_code(release) != "" and _build_code(release).startswith(start)
    return lambda release: _build_code(release) == value


def _compares(number: int | None, operator: str, bound: int) -> bool:
    return number is not None and COMPARISONS[operator]((number,), (bound,))


def _package(release: Release) -> str:
    return (release.package if release.version else None) or ""


def _build_code(release: Release) -> str:
    return (release.version.build_code if release.version else None) or ""


def _build_number(code: str) -> int | None:
    if not (code.isascii() and code.isdecimal()):
        return None
    digits = code.lstrip("0") or "0"
    if len(digits) > _LARGEST_BUILD_DIGITS:
        return None
    number = int(digits)
    return number if number <= _LARGEST_BUILD_NUMBER else None
