"""Every school builds worlds of both kinds, as files like those of the first."""

from pathlib import Path

import pytest

from hinomi.bench.schools import KINDS, SCHOOLS
from hinomi.bench.teachers import LISTS
from hinomi.bench.worldfiles import find_world, read_truth

SCALE = 0.01


@pytest.mark.parametrize("school", list(SCHOOLS))
@pytest.mark.parametrize("kind", KINDS)
def test_a_school_writes_whole_worlds(school: str, kind: str, tmp_path: Path) -> None:
    """Flows, own networks, truth and all lists are there, and each path is named."""
    paths = SCHOOLS[school](kind, 1, SCALE, tmp_path)

    assert {"flows", "own-networks", "truth", *LISTS} <= set(paths)
    assert all(path.is_file() for path in paths.values())
    assert read_truth(find_world(tmp_path).truth).num_rows > 0
