"""The demo: made-up products with 90 days of sessions, the same for the same seed.

`run_demo` is all that others need. Does not know the command line.
"""

from api.demo.run import SEED, DemoReport, run_demo

__all__ = ["SEED", "DemoReport", "run_demo"]
