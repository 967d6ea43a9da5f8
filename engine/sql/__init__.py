"""From a plan to DuckDB statements: the only rooms that know sqlglot.

Every value is a bound parameter; names come from `schema` alone.
"""
