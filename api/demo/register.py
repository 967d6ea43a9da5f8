"""Writes the demo's names into the directory: organizations, projects, releases, their stages.

Owns what is registered. Does not know sessions.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from api.demo.adoption import Adoption, judge
from api.demo.people import released_at
from api.demo.products import CUSTOMERS, ENVIRONMENTS, Customer, Product
from api.demo.rhythm import Day
from engine.engine import Engine


def register_customers(engine: Engine, *, now: datetime) -> Mapping[int, Product]:
    """Create what does not exist yet; map the project ids to their products, in fixed order."""
    return {
        project_id: product
        for customer in CUSTOMERS
        for project_id, product in _register(engine, customer, now=now).items()
    }


def register_stages(
    engine: Engine,
    rows: Mapping[int, npt.NDArray[np.int64]],
    *,
    products: Mapping[int, Product],
    days: tuple[Day, ...],
    now: datetime,
) -> None:
    """Set how far each version was adopted; `rows` counts by day, environment, version."""
    for project_id, own_rows in rows.items():
        versions = products[project_id].versions
        for place, environment in enumerate(ENVIRONMENTS):
            judged = judge(own_rows[:, place, :], days, now)
            for version, adoption in zip(versions, judged, strict=True):
                if adoption is not None:
                    _set_stage(engine, (project_id, environment, version.name), adoption)


def _register(engine: Engine, customer: Customer, *, now: datetime) -> Mapping[int, Product]:
    directory = engine.directory
    organization = directory.find_organization(customer.slug) or directory.create_organization(
        customer.slug, name=customer.name
    )
    known = {project.slug: project.id for project in directory.projects(organization.id)}
    ids = {}
    for product in customer.products:
        project_id = known.get(product.slug)
        if project_id is None:
            project_id = directory.create_project(
                organization.id, product.slug, name=product.name
            ).id
        ids[project_id] = product
        _register_releases(engine, project_id, product, now=now)
    return ids


def _register_releases(engine: Engine, project_id: int, product: Product, *, now: datetime) -> None:
    moments = released_at(product, now.timestamp())
    for version, moment in zip(product.versions, moments, strict=True):
        added = datetime.fromtimestamp(float(moment), UTC)
        engine.directory.add_release(project_id, version.name, added=added)


def _set_stage(engine: Engine, key: tuple[int, str, str], adoption: Adoption) -> None:
    engine.directory.set_stage(*key, adopted=adoption.adopted, unadopted=adoption.unadopted)
