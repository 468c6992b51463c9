"""Batches of two processes at once; the rest is shown in tests/contracts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hinomi.errors import Conflict
from hinomi.model.statement import Deed
from hinomi.store.casebook import open_casebook
from hinomi.store.hub.batches import Batch
from hubs import Node

PROCESSES = 8


def test_of_two_batches_at_once_one_is_kept(tmp_path: Path) -> None:
    """Whoever comes second is told, and overwrites nothing."""
    path = tmp_path / "casebook.sqlite"
    with open_casebook(path) as casebook:
        casebook.hub.members.add(Node("isp-a").member())

    def add(number: int) -> bool:
        batch = Batch(
            member="isp-a", deed=Deed.SUBMISSION, epoch=1, media="json", digest=str(number),
            note="", body=b"", statements=0, entry=0,
        )  # fmt: skip
        with open_casebook(path) as casebook:
            try:
                return casebook.hub.batches.add(batch)
            except Conflict:
                return False

    with ThreadPoolExecutor(PROCESSES) as pool:
        kept = list(pool.map(add, range(PROCESSES)))

    assert sum(kept) == 1
    with open_casebook(path) as casebook:
        found = casebook.hub.batches.find("isp-a", Deed.SUBMISSION, 1)
    assert found is not None
    assert found.digest == str(kept.index(True))
