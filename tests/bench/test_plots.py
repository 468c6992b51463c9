"""Pictures are drawn from results, the same file for the same results."""

import sys
from pathlib import Path

import pytest

from hinomi.bench.plots import PLOTS, draw_plots
from hinomi.errors import Unavailable
from results import result

PNG = b"\x89PNG\r\n\x1a\n"


def test_every_picture_is_drawn(tmp_path: Path) -> None:
    """Curves, reliability, detectability: each a PNG file."""
    pytest.importorskip("matplotlib", reason="the extra hinomi[bench] is not installed")
    drawn = draw_plots([result(), result("odd-ports"), result(world="w2")], tmp_path)

    assert drawn == PLOTS
    assert all((tmp_path / name).read_bytes().startswith(PNG) for name in drawn.values())


def test_the_same_results_give_the_same_files(tmp_path: Path) -> None:
    """No date and no program's name is in them."""
    pytest.importorskip("matplotlib", reason="the extra hinomi[bench] is not installed")
    files = []
    for _ in range(2):
        drawn = draw_plots([result()], tmp_path)
        files.append([(tmp_path / name).read_bytes() for name in drawn.values()])

    assert files[0] == files[1]


def test_a_picture_without_anything_to_show_is_not_drawn(tmp_path: Path) -> None:
    """A baseline has no reliability; no stated members, no curve of sizes."""
    pytest.importorskip("matplotlib", reason="the extra hinomi[bench] is not installed")
    bare = result("odd-ports")
    bare.servers.clear()

    assert list(draw_plots([bare], tmp_path).values()) == ["precision-recall.png"]


def test_without_the_library_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of hinomi does not need it."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(Unavailable, match=r"hinomi\[bench\]"):
        draw_plots([result()], tmp_path)
