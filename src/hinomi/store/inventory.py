"""
What lies on the disk of flow records and partial results, by the day of arrival.

It reads names and the manifest, and opens no record: for retention, and for looking after it.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hinomi.store.durable import on_disk
from hinomi.store.flowfile import FLOWS
from hinomi.store.manifest import Manifest, State, arrival_day
from hinomi.store.partials import seal_of


@dataclass(frozen=True, slots=True)
class Arrived:
    """What arrived on one day and is still there."""

    day: str  # UTC, as in 2026-01-31; empty: it tells none.
    count: int  # Records, or partial results.
    takes_key: bool  # Whether the key of the day is needed to read it.


def arrived_records(lake: Path) -> list[Arrived]:
    """
    Count the records of a lake by the day on which they arrived, earliest first.

    Raises:
        MalformedDocument, Unavailable: As `store.manifest.Manifest.ask`.
    """
    return Manifest(lake / "manifest").ask(_arrived)


def arrived_partials(root: Path) -> list[Arrived]:
    """Count partial results by the first day on which records that they were made of arrived."""
    found = Counter(seal_of(folder) for folder in sorted(root.glob("[0-9]*-*")))
    return [Arrived(day, count, takes_key=True) for day, count in sorted(found.items())]


def stray_files(lake: Path) -> Iterator[Path]:
    """
    Yield the flow files on the disk that the manifest does not name.

    A writer that is at it has some for a moment.

    Raises:
        Unavailable: If the disk refuses.
    """
    known = Manifest(lake / "manifest").ask(lambda state: {*state.files, *state.replaced})
    with on_disk(lake):
        for folder, _, names in os.walk(lake / FLOWS):
            for name in sorted(names):
                path = Path(folder, name)
                if path.relative_to(lake).as_posix() not in known:
                    yield path


def _arrived(state: State) -> list[Arrived]:
    rows: Counter[tuple[str, bool]] = Counter()
    for file in state.files.values():
        rows[arrival_day(file), bool(file.seal)] += file.rows
    return [Arrived(day, count, takes_key) for (day, takes_key), count in sorted(rows.items())]
