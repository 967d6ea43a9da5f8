"""The contest: ours, the incumbent's hourly states, and exact SQL, asked the same of the same rows.

`python -m benchmarks.contest` runs it; benchmarks/README.md tells who runs and how it is judged.
"""
