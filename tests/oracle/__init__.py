"""The whole semantics a second time, naively, in plain Python over lists.

Written from the documented rules, not from the engine: where the two agree, both are right or the
rules are wrong. Slow on purpose; never used outside tests.
"""

from tests.oracle.answer import OracleAnswer, OraclePage, answer
from tests.oracle.fold import Row, Session, fold
from tests.oracle.refusal import Refused

__all__ = ["OracleAnswer", "OraclePage", "Refused", "Row", "Session", "answer", "fold"]
