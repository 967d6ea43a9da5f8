"""The race: ours, the incumbent's hourly states, and exact SQL, asked the same of the same rows.

`python -m benchmarks.race` runs it; docs/explanation/race.md tells who runs and how it is judged.
"""
