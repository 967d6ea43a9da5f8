"""The first benchmark harness: twelve real questions, asked of us and of plain SQL on one file.

`python -m benchmarks` runs it; README.md tells how to read the outcome.
"""
