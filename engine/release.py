"""Release names and environment names: which are allowed, and what a release name says.

Owns the shape `package@version` and the forbidden names. Does not know which releases exist.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from engine.version import Version, parse_version

RELEASE_BYTES = 200
"""The longest release name, in UTF-8 bytes."""

ENVIRONMENT_BYTES = 64
"""The longest environment name, in UTF-8 bytes."""

_REMEMBERED_NAMES = 65_536
"""Parsed names kept in memory, so that a filter over all releases parses each only once."""

_RESTRICTED_RELEASES = frozenset({".", "..", "latest"})
_RESTRICTED_ENVIRONMENTS = frozenset({".", "..", "none"})
_BAD_CHARACTERS = re.compile(r"[\x00-\x1f\x7f/\\\ud800-\udfff]")
_PACKAGE_AND_VERSION = re.compile(r"(?P<package>@?[^@]+)@(?P<version>.+)", re.DOTALL)
_HASH = re.compile(
    "[0-9A-Fa-f]{12}|[0-9A-Fa-f]{16}|[0-9A-Fa-f]{20}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}"
)
_SHORT_HASH = 12
_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode white space; `str.strip` would also take the control characters 0x1c to 0x1f."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release name taken apart.

    `version_raw` is what follows the package, or the whole name without one. `version` is None
    unless there is a package and a readable version: only then is the release *semantic*.
    `build_hash` is the build code, or else the whole `version_raw`, where that is a commit hash.
    """

    package: str | None
    version_raw: str
    build_hash: str | None
    version: Version | None

    @property
    def description(self) -> str:
        """Give a short text for people: `1.2.3-rc1 (45)`, the start of a hash, or the name."""
        short_hash = self.build_hash and self.build_hash[:_SHORT_HASH]
        if self.version is None:
            return short_hash or (f"{self.package}@" if self.package else "") + self.version_raw
        short = self.version_raw.partition("+")[0]
        code = short_hash or self.version.build_code
        return f"{short} ({code})" if code else short


@lru_cache(maxsize=_REMEMBERED_NAMES)
def parse_release(text: str) -> Release:
    """Take a release name apart, blanks around it aside; never fails.

    A name that is not allowed says nothing: it has neither package nor version.
    """
    name = text.strip(_BLANKS)
    match = None if release_name_problem(name) else _PACKAGE_AND_VERSION.fullmatch(name)
    package, raw = match.group("package", "version") if match else (None, name)
    is_hash = _is_hash(raw)
    version = None if package is None or is_hash else parse_version(raw)
    code = version.build_code if version else None
    return Release(
        package=package,
        version_raw=raw,
        build_hash=raw if is_hash else code if code and _is_hash(code) else None,
        version=version,
    )


def release_name_problem(name: str) -> str | None:
    """Say why `name` cannot be a release; None if it can. Blanks around it are part of it."""
    if _too_long(name, RELEASE_BYTES):
        return "release name too long"
    if name.lower() in _RESTRICTED_RELEASES:
        return "restricted release name"
    return "bad characters in release name" if _BAD_CHARACTERS.search(name) else None


def environment_name_problem(name: str) -> str | None:
    """Say why `name` cannot be an environment; None if it can. Blanks around it are part of it."""
    if _too_long(name, ENVIRONMENT_BYTES):
        return "environment name too long"
    if name.lower() in _RESTRICTED_ENVIRONMENTS:
        return "restricted environment name"
    return "bad characters in environment name" if _BAD_CHARACTERS.search(name) else None


def _too_long(name: str, limit_bytes: int) -> bool:
    return len(name) > limit_bytes or len(name.encode("utf-8", "surrogatepass")) > limit_bytes


def _is_hash(text: str) -> bool:
    return _HASH.fullmatch(text) is not None
