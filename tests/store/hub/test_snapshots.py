"""Two processes that publish at once; the rest is shown in tests/contracts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hinomi.errors import Conflict
from hinomi.model.snapshot import NO_PREVIOUS
from hinomi.store.casebook import open_casebook
from hinomi.store.hub.snapshots import Published

PROCESSES = 6


def test_of_two_that_publish_at_once_one_does(tmp_path: Path) -> None:
    """The other one is told; there is one snapshot of the epoch."""
    path = tmp_path / "casebook.sqlite"
    open_casebook(path).close()

    def publish(number: int) -> bool:
        made = Published(
            number=1, epoch=1, previous=NO_PREVIOUS, digest=str(number), head="", json=b"{}",
            csv=b"", entry=0,
        )  # fmt: skip
        with open_casebook(path) as casebook:
            try:
                casebook.hub.snapshots.publish(made, [])
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(PROCESSES) as pool:
        done = list(pool.map(publish, range(PROCESSES)))

    assert sum(done) == 1
    with open_casebook(path) as casebook:
        assert casebook.hub.snapshots.get(1).digest == str(done.index(True))
