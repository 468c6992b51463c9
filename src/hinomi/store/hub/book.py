"""The hub's part of the case book: its stores in one place."""

from hinomi.store.database import Database
from hinomi.store.hub.batches import BatchStore
from hinomi.store.hub.figures import FigureStore
from hinomi.store.hub.forgetting import HubForgetting
from hinomi.store.hub.histories import HistoryStore
from hinomi.store.hub.members import MemberStore
from hinomi.store.hub.namings import NamingStore
from hinomi.store.hub.outcomes import OutcomeStore
from hinomi.store.hub.prints import PrintStore
from hinomi.store.hub.rounds import RoundStore
from hinomi.store.hub.rulings import RulingStore
from hinomi.store.hub.snapshots import SnapshotStore
from hinomi.store.hub.weighings import WeighingStore


class HubBook:
    """What a hub keeps; reached as `CaseBook.hub`."""

    def __init__(self, database: Database) -> None:
        self.members = MemberStore(database)
        self.batches = BatchStore(database)
        self.snapshots = SnapshotStore(database)
        self.forgetting = HubForgetting(database)
        self.weighings = WeighingStore(database)
        self.rulings = RulingStore(database)
        self.outcomes = OutcomeStore(database)
        self.histories = HistoryStore(database)
        self.namings = NamingStore(database)
        self.prints = PrintStore(database)
        self.figures = FigureStore(database)
        self.rounds = RoundStore(database)
