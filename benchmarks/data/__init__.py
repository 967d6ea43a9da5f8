"""What the race is run on: made-up organizations with 90 days of sessions, as Parquet files.

`data_files` is all that others need; README.md tells the model.
"""

from benchmarks.data.files import Data, data_files

__all__ = ["Data", "data_files"]
