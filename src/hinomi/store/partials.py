"""
Partial results on a local disk, beside the lake.

    root/<since>-<until>/about.json      what it is, and the key under which it counts
    root/<since>-<until>/pairs-0000      the parts of its tables, sealed (store.sealing)

A folder is filled under another name and renamed, so that a reader finds all of it or
nothing. Whoever reads while another removes is told that a file is gone, and tries again.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from hinomi.clock import Clock
from hinomi.govern.mandate import Guard, Mandate
from hinomi.govern.matrix import Power
from hinomi.model.window import Window
from hinomi.store.durable import on_disk, sync_folder, write_durably
from hinomi.store.keeper import KeyKeeper
from hinomi.store.ports import KeptPartial
from hinomi.store.sealing import Seal, SealedFile, Stored, seal_files

_ABOUT: Final = "about.json"
_DRAFT: Final = "draft-"


class _About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    seal: str  # Name of the day whose key its tables are under.
    facts: str
    tables: dict[str, int]  # Number of parts by table.


class LocalPartials:
    """A `store.ports.PartialStore` in one folder."""

    def __init__(
        self,
        root: Path,
        clock: Clock,
        *,
        guard: Guard | None = None,
        keeper: KeyKeeper | None = None,
    ) -> None:
        """Look at *root*, which need not exist yet; *guard* lets mandates in, *keeper* has keys."""
        self._guard = guard or Guard(clock)
        self._keeper = keeper or KeyKeeper(root / "keys", clock, guard=guard)
        self._root = root

    def find(self, window: Window, key: str, mandate: Mandate) -> KeptPartial | None:
        """Give what was kept for *window* under *key*; what no longer counts is deleted."""
        self._guard.admit(mandate, Power.ANALYSE)
        folder = self._root / _name(window)
        try:
            about = msgspec.json.decode((folder / _ABOUT).read_bytes(), type=_About)
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            about = None  # Of another version, or damaged: it is made anew.
        if about is None or about.key != key:
            self._delete([folder])
            return None
        if about.seal not in self._keeper.days():  # Its records were deleted, and it with them.
            self._delete([folder])
            return None
        seal = self._keeper.hand([about.seal], mandate, Power.ANALYSE)[about.seal]
        return KeptPartial(facts=about.facts.encode(), tables=_sealed(folder, about.tables, seal))

    def keep(
        self,
        window: Window,
        key: str,
        facts: bytes,
        tables: Mapping[str, Sequence[Stored]],
        mandate: Mandate,
        *,
        seal: Seal,
    ) -> KeptPartial:
        """Seal the files of *tables* here, in place of all that lies within *window*."""
        self._guard.admit(mandate, Power.STORE)
        parts = {name: len(paths) for name, paths in tables.items()}
        about = _About(key, seal.name, facts.decode(), parts)
        folder = self._root / _name(window)
        with on_disk(self._root):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f"{_DRAFT}{os.getpid()}-", dir=self._root))
            try:
                places = _paths(draft, about.tables)
                for name, paths in tables.items():
                    for source, place in zip(paths, places[name], strict=True):
                        seal_files([source], place, seal)
                        _drop(source)
                write_durably(draft / _ABOUT, msgspec.json.encode(about))
                self._delete(self._inside(window))
                draft.rename(folder)
                sync_folder(self._root)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        return KeptPartial(facts=facts, tables=_sealed(folder, about.tables, seal))

    def clear(self, mandate: Mandate) -> int:
        """
        Remove all partial results, and count them.

        Raises:
            NotPermitted: If *mandate* lacks the power to maintain.
        """
        self._guard.admit(mandate, Power.MAINTAIN)
        due = [folder for folder, _, _ in self._kept()]
        self._delete(due)
        return len(due)

    def expire(self, before_day: str, mandate: Mandate) -> int:
        """
        Remove what was made of any record that arrived before *before_day*, and count it.

        Args:
            before_day: A day, UTC, as in 2026-01-31.
            mandate: Permits to maintain.

        Raises:
            NotPermitted: If *mandate* lacks the power to maintain.
        """
        self._guard.admit(mandate, Power.MAINTAIN)
        due = [folder for folder, _, _ in self._kept() if seal_of(folder) < before_day]
        self._delete(due)
        return len(due)

    def remove(self, before_ms: int, mandate: Mandate) -> int:
        """Remove what was made of any moment before *before_ms*, and what was left half done."""
        self._guard.admit(mandate, Power.MAINTAIN)
        due = [folder for folder, since_ms, _ in self._kept() if since_ms < before_ms]
        with on_disk(self._root):
            self._delete(due)
            for left in self._root.glob(f"{_DRAFT}*"):
                owner = left.name.removeprefix(_DRAFT).split("-")[0]
                if not Path("/proc", owner).exists():
                    shutil.rmtree(left, ignore_errors=True)
        return len(due)

    def _inside(self, window: Window) -> list[Path]:
        return [
            folder
            for folder, since_ms, until_ms in self._kept()
            if window.since_ms is not None
            and window.until_ms is not None
            and window.since_ms <= since_ms
            and until_ms <= window.until_ms
        ]

    def _kept(self) -> Iterator[tuple[Path, int, int]]:
        """Yield each folder with the ends of its window."""
        for folder in sorted(self._root.glob("*-*")) if self._root.exists() else ():
            since, _, until = folder.name.partition("-")
            if since.isdigit() and until.isdigit():
                yield folder, int(since), int(until)

    def _delete(self, folders: Sequence[Path]) -> None:
        with on_disk(self._root):
            for folder in folders:
                # Without it, nothing else in the folder counts.
                (folder / _ABOUT).unlink(missing_ok=True)
                shutil.rmtree(folder)


def _name(window: Window) -> str:
    if window.since_ms is None or window.until_ms is None or window.since_ms < 0:
        raise ValueError("a partial result has a beginning and an end, since 1970")
    return f"{window.since_ms}-{window.until_ms}"


def seal_of(folder: Path) -> str:
    """Name the day whose key a partial result is under; what tells none is due in any case."""
    try:
        return msgspec.json.decode((folder / _ABOUT).read_bytes(), type=_About).seal
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _drop(source: Stored) -> None:
    """Delete what an engine wrote: a file, or a folder of parts."""
    path = source.path if isinstance(source, SealedFile) else source
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _sealed(
    folder: Path, tables: Mapping[str, int], seal: Seal
) -> dict[str, tuple[SealedFile, ...]]:
    paths = _paths(folder, tables)
    return {name: tuple(SealedFile(path, seal) for path in paths[name]) for name in tables}


def _paths(folder: Path, tables: Mapping[str, int]) -> dict[str, tuple[Path, ...]]:
    return {
        name: tuple(folder / f"{name}-{part:04d}" for part in range(parts))
        for name, parts in tables.items()
    }
