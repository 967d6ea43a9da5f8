"""The three packages have common names: what is imported must be ours."""

from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("schema", "engine", "api")


@pytest.mark.parametrize("name", PACKAGES)
def test_name_resolves_to_this_repository(name: str) -> None:
    """An import of the name finds the folder of this repository, not a stranger's."""
    module = import_module(name)

    assert Path(str(module.__file__)).resolve().parent == ROOT / name


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_claims_the_name(name: str) -> None:
    """Nothing else that is installed would overwrite the package or hide it."""
    claims = set(packages_distributions().get(name, ()))

    assert claims <= {"release-health"}


@pytest.mark.parametrize("name", PACKAGES)
def test_package_is_regular_and_typed(name: str) -> None:
    """A folder without `__init__.py` would lose against any installed package of its name."""
    assert (ROOT / name / "__init__.py").is_file()
    assert (ROOT / name / "py.typed").is_file()
