"""How much memory each of the others may use: half of the machine's, so that all find room.

Owns that number. Does not know how a database is told.
"""

import os

HALF = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
"""In bytes."""
