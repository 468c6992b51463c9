"""The port of flow stores and its implementations fit together."""

import inspect

import pytest

from hinomi.store.lake import LocalLake
from hinomi.store.memory import MemoryFlowStore
from hinomi.store.ports import Commit, FlowStore


@pytest.mark.parametrize("store", [LocalLake, MemoryFlowStore])
@pytest.mark.parametrize("method", ["append", "has", "scan", "files"])
def test_every_store_takes_what_the_port_says(store: type[object], method: str) -> None:
    """Same arguments, same results: what they do is for tests/contracts to say."""
    promised = inspect.signature(getattr(FlowStore, method))

    assert inspect.signature(getattr(store, method)) == promised


def test_a_commit_has_no_late_rows_unless_it_says_so() -> None:
    """A store without removal has nothing to be late for."""
    assert Commit(batch_id="b", rows=1, already_stored=False).late_rows == 0
