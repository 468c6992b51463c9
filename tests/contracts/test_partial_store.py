"""What every store of partial results does."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders import HOUR_MS, NOON_MS, mandate
from hinomi.errors import NotPermitted
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.keeper import KeyKeeper
from hinomi.store.partials import LocalPartials
from hinomi.store.ports import KeptPartial, PartialStore
from hinomi.store.sealing import Seal, opened

STORE = mandate(Power.STORE)
NOON = Window(NOON_MS, NOON_MS + HOUR_MS)
DAY = "2026-01-01"


@pytest.fixture(params=["local"])
def store(request: pytest.FixtureRequest, tmp_path: Path, keeper: KeyKeeper) -> PartialStore:
    """Give an empty store of each kind."""
    assert request.param == "local"
    return LocalPartials(tmp_path / "partials", lambda: NOON_MS, keeper=keeper)


@pytest.fixture(name="keeper")
def a_keeper(tmp_path: Path) -> KeyKeeper:
    """Give the keeper of its keys."""
    return KeyKeeper(tmp_path / "keys", lambda: NOON_MS)


@pytest.fixture(name="seal")
def a_seal(keeper: KeyKeeper) -> Seal:
    """Give the key of a day."""
    return keeper.make(DAY, mandate(Power.STORE))


@pytest.fixture(name="scratch")
def a_scratch_folder(tmp_path: Path) -> Path:
    """Give a folder on the same disk, where an engine would write."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def written(scratch: Path, *texts: str) -> tuple[Path, ...]:
    """Write one Parquet file for each text."""
    before = sum(1 for _ in scratch.iterdir())
    paths = tuple(scratch / f"{before + number}" for number in range(len(texts)))
    for path, text in zip(paths, texts, strict=True):
        pq.write_table(pa.table({"text": [text]}), path)
    return paths


def read(kept: KeptPartial | None) -> Mapping[str, list[str]]:
    """Read all files."""
    assert kept is not None
    return {
        name: [opened(file).read().column("text")[0].as_py() for file in files]
        for name, files in kept.tables.items()
    }


def test_what_was_kept_is_found_under_its_key(
    store: PartialStore, scratch: Path, seal: Seal
) -> None:
    """Facts and the files of each table, in the order of the parts."""
    tables = {"pairs": written(scratch, "a", "b"), "busy": written(scratch, "c")}
    store.keep(NOON, "key", b'{"rows":3}', tables, STORE, seal=seal)

    found = store.find(NOON, "key", mandate(Power.ANALYSE))

    assert read(found) == {"pairs": ["a", "b"], "busy": ["c"]}
    assert found is not None
    assert found.facts == b'{"rows":3}'
    assert store.find(Window(NOON_MS, NOON_MS + 1), "key", mandate(Power.ANALYSE)) is None


def test_under_another_key_it_is_stale_and_gone(
    store: PartialStore, scratch: Path, seal: Seal
) -> None:
    """Not found, deleted with its files, and not found under the old key again."""
    kept = store.keep(
        NOON, "old", b"", {"pairs": written(scratch, "a")}, mandate(Power.STORE), seal=seal
    )

    assert store.find(NOON, "new", mandate(Power.ANALYSE)) is None
    assert not kept.tables["pairs"][0].path.exists()
    assert store.find(NOON, "old", mandate(Power.ANALYSE)) is None


def test_a_day_takes_the_place_of_its_hours(store: PartialStore, scratch: Path, seal: Seal) -> None:
    """What lies inside the window goes, what lies beside it stays."""
    midnight = NOON_MS - 12 * HOUR_MS
    for hour in (11, 12, 24):
        window = Window(midnight + hour * HOUR_MS, midnight + (hour + 1) * HOUR_MS)
        store.keep(
            window,
            "key",
            b"",
            {"pairs": written(scratch, str(hour))},
            mandate(Power.STORE),
            seal=seal,
        )

    day = Window(midnight, midnight + 24 * HOUR_MS)
    store.keep(day, "key", b"", {"pairs": written(scratch, "day")}, STORE, seal=seal)

    after = Window(midnight + 24 * HOUR_MS, midnight + 25 * HOUR_MS)
    assert read(store.find(day, "key", mandate(Power.ANALYSE))) == {"pairs": ["day"]}
    assert read(store.find(after, "key", mandate(Power.ANALYSE))) == {"pairs": ["24"]}
    assert store.find(NOON, "key", mandate(Power.ANALYSE)) is None


def test_it_goes_with_the_first_moment_it_was_made_of(
    store: PartialStore, scratch: Path, seal: Seal
) -> None:
    """A day of which one hour is removed holds flow data that must be gone."""
    kept = store.keep(
        NOON, "key", b"", {"pairs": written(scratch, "a")}, mandate(Power.STORE), seal=seal
    )

    assert store.remove(NOON_MS, mandate(Power.MAINTAIN)) == 0
    assert store.remove(NOON_MS + 1, mandate(Power.MAINTAIN)) == 1

    assert not kept.tables["pairs"][0].path.exists()
    assert store.find(NOON, "key", mandate(Power.ANALYSE)) is None


def test_each_access_needs_its_power(store: PartialStore, scratch: Path, seal: Seal) -> None:
    """To read, to keep and to remove: as for the records it was made of."""
    files = {"pairs": written(scratch, "a")}
    with pytest.raises(NotPermitted):
        store.find(NOON, "key", mandate(Power.STORE))
    with pytest.raises(NotPermitted):
        store.keep(NOON, "key", b"", files, mandate(Power.ANALYSE), seal=seal)
    with pytest.raises(NotPermitted):
        store.remove(NOON_MS, mandate(Power.ANALYSE))
    assert files["pairs"][0].exists()


@pytest.mark.parametrize("window", [Window(), Window(NOON_MS, None), Window(-HOUR_MS, 0)])
def test_a_partial_result_has_two_ends(store: PartialStore, window: Window) -> None:
    """Anything else is the caller's bug."""
    with pytest.raises(ValueError, match="beginning and an end"):
        store.find(window, "key", mandate(Power.ANALYSE))


def test_its_files_cannot_be_read_without_the_key(
    store: PartialStore, scratch: Path, seal: Seal
) -> None:
    """What an engine wrote in plain is gone, and what is kept opens with the key alone."""
    plain = written(scratch, "a line and its service")
    kept = store.keep(NOON, "key", b"", {"pairs": plain}, STORE, seal=seal)

    (file,) = kept.tables["pairs"]
    assert not plain[0].exists()
    assert b"a line and its service" not in file.path.read_bytes()
    with pytest.raises((OSError, pa.ArrowException)):
        pq.read_table(file.path)
    assert read(kept) == {"pairs": ["a line and its service"]}


def test_it_is_gone_with_the_key_of_its_day(
    store: PartialStore, scratch: Path, seal: Seal, keeper: KeyKeeper
) -> None:
    """The records it was made of were deleted: it is not found, and its files go."""
    tables = {"pairs": written(scratch, "a")}
    kept = store.keep(NOON, "key", b"", tables, STORE, seal=seal)

    keeper.destroy(DAY, mandate(Power.MAINTAIN))

    assert store.find(NOON, "key", mandate(Power.ANALYSE)) is None
    assert not kept.tables["pairs"][0].path.exists()
