"""Keys on the command line: made with a DSN, listed, disabled."""

import re

import pytest

from tests.api.cli.conftest import Run


def test_key_is_created_listed_and_disabled(acme: Run) -> None:
    """The DSN is what an SDK wants; the list says what a key may."""
    plain = acme("key", "create", "acme/web", "--label", "site").stdout
    limited = ("--origin", "https://a.test", "--origin", "https://b.test", "--rate-limit", "60")
    assert acme("key", "create", "1/2", *limited).exit_code == 0

    found = re.fullmatch(r"key (\w{32}) sends to acme/web; its DSN:\n(.+)\n", plain)
    assert found is not None
    assert found[2] == f"http://{found[1]}@127.0.0.1:8000/1"
    lines = {line.split("\t")[1]: line.split("\t") for line in _listed(acme)}
    assert lines["acme/web"][:5] == [found[1], "acme/web", "site", "-", "-"]
    assert lines["acme/ios"][2:5] == ["-", "https://a.test, https://b.test", "60"]
    assert acme("key", "disable", found[1]).stdout == f"key {found[1]} is disabled\n"
    disabled = next(line for line in _listed(acme) if line.startswith(found[1]))
    assert disabled.split("\t")[6] != "-"
    assert acme("key", "disable", found[1]).exit_code == 1


def _listed(run: Run) -> list[str]:
    return run("key", "list").stdout.splitlines()


def test_dsn_has_the_address_that_callers_use(acme: Run) -> None:
    """Behind a proxy, with its scheme and its path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELEASE_HEALTH_PUBLIC_URL", "https://health.test/below/")
        made = acme("key", "create", "acme/web").stdout.splitlines()[1]

    assert re.fullmatch(r"https://\w{32}@health\.test/below/1", made)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("key", "create", "acme"), 2),
        (("key", "create", "acme/web", "--rate-limit", "0"), 2),
        (("key", "create", "acme/nope"), 1),
        (("key", "disable", "nope"), 1),
    ],
    ids=["no-project", "no-rate", "unknown-project", "unknown-key"],
)
def test_mistakes_are_refused(acme: Run, words: tuple[str, ...], code: int) -> None:
    """Wrong use has its own code."""
    assert acme(*words).exit_code == code
