"""The facts of release health: what a session is, which words are public, which tables exist.

No verbs live here, and nothing of ours is imported from here upwards: `schema <- engine <- api`.
"""
