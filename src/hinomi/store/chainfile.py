"""
The journal of earlier versions: a file of JSON lines, each bound to the one before by SHA-256.

It is read once, to be taken up into the tree that came after it.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.clock import parse_time

GENESIS: Final = "0" * 64
"""What the first line names as the hash before it."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The lines of an old journal, oldest first."""

    lines: tuple[tuple[int, bytes], ...]  # Time, ms since the Unix epoch, and the line itself.
    head: str  # Hash of the last line.
    fault: str | None  # Where the chain is broken; None if it is whole.


def read_chain(path: Path) -> Chain:
    """
    Read an old journal and check every link of it.

    Half a line at the end was never acknowledged and is left out.

    Raises:
        OSError: If it cannot be read.
    """
    lines: list[tuple[int, bytes]] = []
    before, fault, time_ms = GENESIS, None, 0
    for index, line in enumerate(path.read_bytes().split(b"\n")[:-1]):
        entry = _parse(line)
        claimed = entry.pop("hash", None)
        follows = (entry.get("index"), entry.get("before")) == (index, before)
        if fault is None and not (follows and claimed == _hash(entry)):
            fault = f"line {index + 1}"
        before = str(claimed)
        time_ms = _time(entry, time_ms)
        lines.append((time_ms, line))
    return Chain(tuple(lines), before, fault)


def _parse(line: bytes) -> dict[str, object]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _time(entry: dict[str, object], otherwise_ms: int) -> int:
    try:
        return parse_time(str(entry.get("time")))
    except ValueError:
        return otherwise_ms


def _hash(entry: dict[str, object]) -> str:
    canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
