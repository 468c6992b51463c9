"""All stores of a hub stand in one place."""

from pathlib import Path

from hinomi.store.casebook import open_casebook
from hinomi.store.hub.batches import BatchStore
from hinomi.store.hub.forgetting import HubForgetting
from hinomi.store.hub.members import MemberStore
from hinomi.store.hub.snapshots import SnapshotStore


def test_every_store_of_the_hub_is_reached_through_the_case_book(tmp_path: Path) -> None:
    """Of one database."""
    with open_casebook(tmp_path / "casebook.sqlite") as casebook:
        assert isinstance(casebook.hub.members, MemberStore)
        assert isinstance(casebook.hub.batches, BatchStore)
        assert isinstance(casebook.hub.snapshots, SnapshotStore)
        assert isinstance(casebook.hub.forgetting, HubForgetting)
