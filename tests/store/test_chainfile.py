"""The journal of earlier versions is read with every fault that it has."""

import hashlib
import json
from pathlib import Path

import pytest

from hinomi.store.chainfile import GENESIS, read_chain


def chain(*acts: str) -> list[str]:
    """Write lines as earlier versions did."""
    lines, before = [], GENESIS
    for index, act in enumerate(acts):
        entry = {"act": act, "before": before, "index": index, "time": "2026-01-01T12:00:00Z"}
        before = hashlib.sha256(_canonical(entry).encode()).hexdigest()
        lines.append(_canonical(entry | {"hash": before}))
    return lines


def _canonical(entry: dict[str, object]) -> str:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read(folder: Path, lines: list[str], end: str = "\n") -> object:
    """Read such lines from a file."""
    (folder / "journal.jsonl").write_text("\n".join(lines) + end, "utf-8")
    return read_chain(folder / "journal.jsonl")


def test_a_whole_chain_is_read_line_by_line(tmp_path: Path) -> None:
    """With the time of each and the hash of the last."""
    lines = chain("a", "b", "\u706b")
    read(tmp_path, lines, "\n" + '{"half')
    found = read_chain(tmp_path / "journal.jsonl")

    assert found.lines == tuple((1_767_268_800_000, line.encode()) for line in lines)
    assert found.head == json.loads(lines[-1])["hash"]
    assert found.fault is None


@pytest.mark.parametrize("order", [[1, 2], [0, 2], [0, 2, 1], [0, 1, 1, 2]])
def test_a_broken_chain_is_read_and_told(tmp_path: Path, order: list[int]) -> None:
    """Removed, swapped, repeated lines: all that is there, and where it breaks."""
    lines = chain("a", "b", "c")
    read(tmp_path, [lines[place] for place in order])
    found = read_chain(tmp_path / "journal.jsonl")

    assert len(found.lines) == len(order)
    assert found.fault in {"line 1", "line 2", "line 3"}


def test_a_changed_line_and_one_that_is_none_are_told(tmp_path: Path) -> None:
    """The time of one that has none is that of the line before."""
    lines = chain("a", "b")
    read(tmp_path, [lines[0].replace('"a"', '"z"'), "rubbish"])
    found = read_chain(tmp_path / "journal.jsonl")

    assert found.fault == "line 1"
    assert [time_ms for time_ms, _ in found.lines] == [1_767_268_800_000] * 2
