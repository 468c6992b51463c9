"""The hub's part of the case book: its stores in one place."""

from hinomi.store.database import Database
from hinomi.store.hub.batches import BatchStore
from hinomi.store.hub.forgetting import HubForgetting
from hinomi.store.hub.members import MemberStore
from hinomi.store.hub.snapshots import SnapshotStore


class HubBook:
    """What a hub keeps; reached as `CaseBook.hub`."""

    def __init__(self, database: Database) -> None:
        self.members = MemberStore(database)
        self.batches = BatchStore(database)
        self.snapshots = SnapshotStore(database)
        self.forgetting = HubForgetting(database)
