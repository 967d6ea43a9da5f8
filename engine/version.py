"""The version inside a release name: its numbers, its pre-release, its build code, its order.

Owns what counts as a version. Does not know packages, release names or filters.

    1.2.3.4-rc.1+567     four numbers, a pre-release, a build code
    1.0rc1               a pre-release may be glued on from the second number on
    7                    missing numbers are zero
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

LONGEST_TEXT = 200
"""Characters; nothing longer is a version, because no release name is longer."""

Precedence: TypeAlias = tuple[int, int, int, int, int, str]
"""(major, minor, patch, revision, 1 for a release or 0 for a pre-release, pre-release text)."""

_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_IDENTIFIERS = rf"(?:{_IDENTIFIER})?(?:\.{_IDENTIFIER})*"
_VERSION = re.compile(
    rf"""
    (?P<major>[0-9]+)
    (?:\.(?P<minor>[0-9]+))?
    (?:\.(?P<patch>[0-9]+))?
    (?:\.(?P<revision>[0-9]+))?
    (?:-(?P<dashed>{_IDENTIFIERS})|(?P<glued>[a-z]{_IDENTIFIERS}))?
    (?:\+(?P<build_code>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version taken apart; `components` is how many of the four numbers were written.

    Two versions are compared by their `precedence` or `order`: `1.0` and `1.0.0` are spelt
    differently and yet rank alike.
    """

    major: int
    minor: int
    patch: int
    revision: int
    pre: str | None
    build_code: str | None
    components: int

    @property
    def precedence(self) -> Precedence:
        """Rank without the build code, pre-releases first and in the order of plain text.

        So `rc.10` comes before `rc.2`, as in the reference service.
        """
        released = 0 if self.pre else 1
        return (self.major, self.minor, self.patch, self.revision, released, self.pre or "")

    @property
    def order(self) -> tuple[Precedence, tuple[int, int, str]]:
        """Rank with the build code: none, then numbers by value, then other texts.

        The reference service compares a number with a text as texts, which runs in a circle
        (9 < 10 < 1a < 9); with all numbers first the order is total.
        """
        return self.precedence, _build_rank(self.build_code)


def parse_version(text: str) -> Version | None:
    """Take a version apart; None if `text` is none. Numbers may have any number of digits."""
    match = _VERSION.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if match is None or (match["glued"] and not match["minor"]):
        return None
    numbers = match.group("major", "minor", "patch", "revision")
    major, minor, patch, revision = (int(number or 0) for number in numbers)
    return Version(
        major=major,
        minor=minor,
        patch=patch,
        revision=revision,
        pre=match["dashed"] or match["glued"] or None,
        build_code=match["build_code"],
        components=sum(number is not None for number in numbers),
    )


def _build_rank(code: str | None) -> tuple[int, int, str]:
    if code is None:
        return (0, 0, "")
    if code.isdecimal():
        return (1, int(code), "")
    return (2, 0, code)
