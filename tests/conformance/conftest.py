"""The options that point the cases at a server elsewhere.

Owns `--conformance-url`, `--conformance-token` and `--conformance-fixture`. Does not know the
cases.
"""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A server that already holds a fixture; asked only to read."""

    url: str
    token: str
    fixture: str


@pytest.fixture(scope="session")
def remote(pytestconfig: pytest.Config) -> Remote:
    """Give the server that the options name; without one the tests about it are left out."""
    url = pytestconfig.getoption("conformance_url", None)
    token = pytestconfig.getoption("conformance_token", None)
    if not isinstance(url, str) or not isinstance(token, str):
        pytest.skip("no --conformance-url and --conformance-token are given")
    return Remote(
        url=url.rstrip("/"),
        token=token,
        fixture=str(pytestconfig.getoption("conformance_fixture", "base")),
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the server, the token, and what the server holds."""
    group = parser.getgroup("conformance", "the conformance cases against a server elsewhere")
    group.addoption("--conformance-url", help="where the server is, such as http://127.0.0.1:8000")
    group.addoption("--conformance-token", help="a token that may read all of the organization")
    group.addoption(
        "--conformance-fixture",
        default="base",
        help="which fixture of tests/conformance/fixtures.json the server holds",
    )
