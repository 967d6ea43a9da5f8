"""How long properties are tried: enough to meet every rule, little enough to run on each change.

Owns the profiles. The examples are the same on each run, so that a failure is never chance;
`PROPERTY_EXAMPLES` in the environment tries that many times as many, and other ones each time.
"""

import os

from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("PROPERTY_EXAMPLES", "1"))


def _profile(examples: int) -> settings:
    return settings(
        max_examples=examples * _TIMES,
        deadline=None,
        derandomize=_TIMES == 1,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


PURE = _profile(100)
"""For what needs no engine."""

ONE_ENGINE = _profile(60)
"""For what fills one engine with each example."""

SOME_ENGINES = _profile(20)
"""For what fills several engines with each example, or one where another property is broader."""
