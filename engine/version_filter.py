"""What a value of `release.version` asks for.

Owns the forms `[package@]version` and `[package@]1.*`. Does not know lists, negation or which
releases exist.

    1.2.3         exactly that version, whatever its build code; missing numbers are zero
    1.2.*, 1.X    every version that starts with these numbers; an ordering in front is ignored
    foo@, foo@*   every version of the package foo
    foo@1.2.3     the package's version alone; an ordering stays within the package
"""

import operator as operators
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from engine.errors import SearchError
from engine.release import Release, parse_release, release_name_problem
from engine.version import Precedence

INVALID_VERSION = (
    'Invalid format of semantic version. For searching non-semver releases, use "release:" instead.'
)
_HINT = 'A version looks like 1.2.3, 1.2.3-rc1 or 1.*; "package@" may stand in front of it.'
_WILDCARDS = frozenset({"*", "X"})
_MOST_NUMBERS = 4
_WHOLE_NUMBER = re.compile("-?[0-9]+")
_PACKAGE_AND_REST = re.compile("(?P<package>@?[^@]+)@(?P<rest>.*)")
_ANY_PACKAGE = "any"

Rank: TypeAlias = tuple[int | str, ...]

COMPARISONS: dict[str, Callable[[Rank, Rank], bool]] = {
    "=": operators.eq,
    ">": operators.gt,
    ">=": operators.ge,
    "<": operators.lt,
    "<=": operators.le,
}
"""The operators that are not a negation or a list of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFilter:
    """Versions whose first `parts` compare so with these; of `package` alone if it is given.

    `operator` is a key of COMPARISONS. `parts` is a whole precedence, or for a prefix as many
    numbers as were given, and then the operator is "=".
    """

    package: str | None
    operator: str
    parts: Precedence | tuple[int, ...]

    def matches(self, release: Release) -> bool:
        """Say whether a release is meant; one that is not semantic never is."""
        if release.version is None or self.package not in (None, release.package):
            return False
        leading = release.version.precedence[: len(self.parts)]
        return COMPARISONS[self.operator](leading, self.parts)


def parse_version_filter(value: str, operator: str) -> VersionFilter:
    """Read a value; `operator` is a key of COMPARISONS. Raises SearchError if it is no version."""
    name = value.strip()
    if release_name_problem(name):
        raise _invalid()
    release = parse_release(name if "@" in name else f"{_ANY_PACKAGE}@{name}")
    package, version = _split(name)
    if release.version is not None:
        return VersionFilter(package=package, operator=operator, parts=release.version.precedence)
    return VersionFilter(package=package, operator="=", parts=_prefix(version))


def _split(name: str) -> tuple[str | None, str]:
    match = _PACKAGE_AND_REST.fullmatch(name)
    return (match["package"], match["rest"]) if match else (None, name.removeprefix("@"))


def _prefix(version: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in version.split(".", _MOST_NUMBERS - 1) if version else ():
        if part in _WILDCARDS:
            break
        if not _WHOLE_NUMBER.fullmatch(part):
            raise _invalid()
        numbers.append(int(part))
    return tuple(numbers)


def _invalid() -> SearchError:
    return SearchError(INVALID_VERSION, hint=_HINT)
