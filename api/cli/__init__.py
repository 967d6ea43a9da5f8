"""The command `release-health`: one file for each group of verbs.

Owns which verbs there are. No rule of the domain lives here: verbs read options, call the engine
and print.
"""

from api.cli.program import main, program

__all__ = ["main", "program"]
