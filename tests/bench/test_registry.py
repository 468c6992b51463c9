"""What can be looked up reads as real routes, delegations, kinds and lists do."""

from pathlib import Path

import pytest

from hinomi.bench.registry import _HISTORY_DAYS
from hinomi.bench.world import World
from hinomi.bench.writing import write_world
from hinomi.collect.context.catalogue import parse_context
from hinomi.model.context import ContextKind

BEFORE = "2025-06-01"
FILES = {
    ContextKind.ROUTES: "routes.txt",
    ContextKind.ALLOCATIONS: "allocations.txt",
    ContextKind.AS_KINDS: "as-kinds.csv",
    ContextKind.HISTORY: "history.csv",
}


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny world on disk."""
    made = tmp_path_factory.mktemp("world")
    write_world(world, made)
    return made


@pytest.mark.parametrize("kind", list(FILES))
def test_each_table_is_read_whole_as_of_the_day_before(kind: ContextKind, folder: Path) -> None:
    """No line is bad, none is later than the window's start."""
    parsed = parse_context(kind, folder / FILES[kind], BEFORE)

    assert parsed.malformed == 0
    assert "later-than-the-table" not in parsed.ignored
    assert parsed.rows.num_rows > 50


def test_the_history_goes_back_and_ends_before_the_window(folder: Path) -> None:
    """From a year and a half to the day before."""
    parsed = parse_context(ContextKind.HISTORY, folder / "history.csv", BEFORE)
    listed_ms = parsed.rows["listed_ms"].to_numpy()

    assert (listed_ms.max() - listed_ms.min()) / 86_400_000 > _HISTORY_DAYS * 0.9
