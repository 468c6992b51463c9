"""Partial results lie whole on disk or not at all, readable by their owner alone."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import HOUR_MS, NOON_MS, mandate
from hinomi.errors import Unavailable
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.keeper import KeyKeeper
from hinomi.store.partials import LocalPartials
from hinomi.store.sealing import Seal

NOON = Window(NOON_MS, NOON_MS + HOUR_MS)
DEAD_PROCESS = 2**22 + 1
"""Beyond the largest number that Linux gives (proc(5), pid_max)."""


@pytest.fixture(name="root")
def where_they_lie(tmp_path: Path) -> Path:
    """Give their folder, which does not exist yet."""
    return tmp_path / "partials"


@pytest.fixture(name="seal")
def a_seal(tmp_path: Path) -> Seal:
    """Give the key of a day."""
    return KeyKeeper(tmp_path / "keys", lambda: NOON_MS).make("2026-01-01", mandate(Power.STORE))


@pytest.fixture(name="store")
def a_store_with_one(root: Path, tmp_path: Path, seal: Seal) -> LocalPartials:
    """Keep noon."""
    keeper = KeyKeeper(tmp_path / "keys", lambda: NOON_MS)
    store = LocalPartials(root, lambda: NOON_MS, keeper=keeper)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a")
    store.keep(NOON, "key", b"", {"pairs": [tmp_path / "a"]}, mandate(Power.STORE), seal=seal)
    return store


def test_only_its_owner_can_read_it(store: LocalPartials, root: Path) -> None:
    """It is flow data."""
    assert store.find(NOON, "key", mandate(Power.ANALYSE)) is not None
    assert {path.stat().st_mode & 0o077 for path in (root, *root.iterdir())} == {0}


def test_what_fails_half_way_leaves_nothing(
    store: LocalPartials, root: Path, tmp_path: Path, seal: Seal
) -> None:
    """The second file is missing: what was there stays, and no draft."""
    pq.write_table(pa.table({"b": [1]}), tmp_path / "b")
    tables = {"pairs": [tmp_path / "b", tmp_path / "no"]}
    with pytest.raises(Unavailable):
        store.keep(NOON, "new", b"", tables, mandate(Power.STORE), seal=seal)

    assert [path.name for path in root.iterdir()] == [f"{NOON_MS}-{NOON_MS + HOUR_MS}"]
    assert store.find(NOON, "key", mandate(Power.ANALYSE)) is not None


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"key":1}'])
def test_what_cannot_be_read_is_made_anew(store: LocalPartials, root: Path, content: bytes) -> None:
    """Damaged, or of another version: not found, and gone."""
    (folder,) = root.iterdir()
    (folder / "about.json").write_bytes(content)

    assert store.find(NOON, "key", mandate(Power.ANALYSE)) is None
    assert list(root.iterdir()) == []


def test_drafts_of_the_dead_are_swept(store: LocalPartials, root: Path) -> None:
    """A killed run's draft goes with the next removal; a living one's stays."""
    (root / f"draft-{DEAD_PROCESS}-x").mkdir()
    (root / "draft-1-x").mkdir()

    store.remove(NOON_MS, mandate(Power.MAINTAIN))

    assert sorted(path.name for path in root.iterdir())[1:] == ["draft-1-x"]
