"""Questions of every form, drawn at random: what can be planned and lowered.

Owns what is drawn. Does not know what any statement should be.
"""

from hypothesis import assume
from hypothesis import strategies as st

from engine.errors import RequestError
from engine.plan import Plan, plan
from schema.catalog import FIELDS, GROUP_KEYS
from tests.building import PlainRegistry
from tests.engine.asking import DAY, meant
from tests.property.strategies import ROW_TERMS, STATUS_TERMS

MANY_RELEASES = "release:[" + ",".join(f"r{number}" for number in range(30)) + "]"
TERMS = (*ROW_TERMS, *STATUS_TERMS, MANY_RELEASES, f"!{MANY_RELEASES}", "project:nobody")


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a question that can be answered, and plan it."""
    fields = draw(st.lists(st.sampled_from([it.name for it in FIELDS]), min_size=1, max_size=4))
    groups = draw(st.lists(st.sampled_from(GROUP_KEYS), unique=True))
    terms = draw(st.lists(st.sampled_from(TERMS), max_size=3))
    order = draw(st.none() | st.sampled_from(fields))
    parts = [
        DAY,
        *(f"field={name}" for name in fields),
        *(f"groupBy={key}" for key in groups),
        "query=" + draw(st.sampled_from((" ", " OR "))).join(terms),
        draw(st.sampled_from(("", "includeTotals=0", "includeSeries=0"))),
        draw(st.sampled_from(("", "per_page=2", "per_page=3&cursor=0:1:0"))),
        draw(st.sampled_from(("", "project=1", "project=web&project=2"))),
        draw(st.sampled_from(("environment=prod", "environment=prod&environment="))),
        "" if order is None else "orderBy=" + draw(st.sampled_from(("", "-"))) + order,
    ]
    try:
        query = meant("&".join(filter(None, parts)), registry=PlainRegistry(names={"prod"}))
    except RequestError:
        assume(condition=False)
        raise
    assume(not query.empty)
    return plan(query)
