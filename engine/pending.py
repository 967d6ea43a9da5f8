"""Updates that are on disk, and acknowledged, but not folded yet.

Owns the table they wait in. One short transaction puts them there; another one, a moment later and
for many of these at once, moves them on (`engine.loading.fold_pending`). What waits when a process
dies is folded when the file is opened again. Does not know how updates are spelled or folded.
"""

from collections.abc import Sequence

from engine.packed import Packed, joined
from engine.storage import Storage

_INSERT = "INSERT INTO pending_updates VALUES ($quantity, $updates)"


def append(storage: Storage, parcels: Sequence[Packed]) -> None:
    """Put updates on disk, all or none; StorageUnavailable says why they cannot be written."""
    quantity = sum([parcel.quantity for parcel in parcels])
    storage.add(_INSERT, {"quantity": quantity, "updates": joined(parcels)})
