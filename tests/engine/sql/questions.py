"""Questions of every form, drawn at random: what can be planned and lowered.

Owns what is drawn. Does not know what any statement should be.
"""

from hypothesis import assume
from hypothesis import strategies as st

from engine.aggregates import RATIOS
from engine.plan import Plan, plan
from schema.catalog import Key
from tests.building import PlainRegistry
from tests.engine.asking import DAY, meant
from tests.property.strategies import ALL_FIELDS, COUNTED_FIELDS, ROW_TERMS, STATUS_TERMS

MANY_RELEASES = "release:[" + ",".join(f"r{number}" for number in range(30)) + "]"
TERMS = (*ROW_TERMS, MANY_RELEASES, f"!{MANY_RELEASES}", "project:nobody")


@st.composite
def plans(draw: st.DrawFn, *, min_keys: int = 0) -> Plan:
    """Draw a question that can be answered, and plan it; `min_keys` base keys at least."""
    split, ordered = draw(st.booleans()), draw(st.booleans())
    names: tuple[str, ...] = COUNTED_FIELDS if split else ALL_FIELDS
    fields = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
    terms = draw(st.lists(st.sampled_from(TERMS), max_size=3))
    keys = draw(st.lists(st.sampled_from(list(Key)), unique=True, min_size=min_keys))
    orderable = [name for name in fields if name in RATIOS]
    parts = [
        DAY,
        *(f"field={name}" for name in fields),
        *(f"groupBy={key.value}" for key in keys),
        draw(st.sampled_from(("", "includeTotals=0", "includeSeries=0"))),
        draw(st.sampled_from(("", "per_page=2", "per_page=3&cursor=0:1:0"))),
        draw(st.sampled_from(("", "project=web&project=2"))),
        "environment=prod",
    ]
    if "release.stage:adopted" not in terms:
        parts.append(draw(st.sampled_from(("", "environment="))))
    if split:
        parts.append("groupBy=session.status")
        terms = [f"({' OR '.join(terms)})", *terms] if terms else []
        parts.append("query=" + " ".join([*terms, draw(st.sampled_from(("", *STATUS_TERMS)))]))
    else:
        parts.append("query=" + draw(st.sampled_from((" ", " OR "))).join(terms))
        if orderable and ordered:
            sign = draw(st.sampled_from(("", "-")))
            parts.append(f"orderBy={sign}{draw(st.sampled_from(orderable))}")
    query = meant("&".join(filter(None, parts)), registry=PlainRegistry(names={"prod"}))
    assume(not query.empty)
    return plan(query)
