"""Figures of a lake: what there is, and what a change of it did."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from hinomi.store.manifest import FileEntry, State


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeStatistics:
    """What the manifest says of the lake as a whole."""

    rows: int
    files: int
    batches: int
    first_ms: int | None  # None: the lake is empty.
    last_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What one compaction did."""

    hours: int
    rows: int
    files_before: int
    files_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What one removal took away."""

    hours: int
    rows: int
    files: int


FIRST: Final = "period-0001"
"""The key period of a lake that never changed it."""


@dataclass(frozen=True, slots=True)
class Period:
    """A key period of a lake."""

    name: str
    since_ms: int | None  # None: since there is a lake.


def statistics_of(state: State) -> LakeStatistics:
    """Sum up what the manifest says."""
    files = state.files.values()
    return LakeStatistics(
        rows=sum(file.rows for file in files),
        files=len(files),
        batches=len(state.batches),
        first_ms=min((file.first_ms for file in files), default=None),
        last_ms=max((file.last_ms for file in files), default=None),
    )


def removed(files: Collection[FileEntry]) -> Removed:
    """Sum up what is removed with *files*."""
    return Removed(
        hours=len({file.hour for file in files}),
        rows=sum(file.rows for file in files),
        files=len(files),
    )
