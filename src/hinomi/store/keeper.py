"""
The key keeper: one key for each day on which rows arrived, handed out under a mandate.

    root/2026-01-31.key      32 bytes, readable by the owner alone

What arrived on a day is encrypted under its key, wherever it lies: to destroy the key is to
delete all of it, copies included. Handing out a key stands in the journal, once for each
mandate and day as long as the keeper lives.
"""

import os
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from hinomi.clock import Clock
from hinomi.errors import Unavailable
from hinomi.govern.mandate import Guard, Mandate
from hinomi.govern.matrix import Power
from hinomi.store.durable import on_disk, sync_folder, write_secret
from hinomi.store.sealing import KEY_BYTES, Seal

_SUFFIX: Final = ".key"
_AT_ONCE: Final = 1 << 20  # Bytes that are overwritten in one go.
_DAY: Final = re.compile(r"\d{4,}-\d\d-\d\d")


class KeyKeeper:
    """Keeps the keys of days in one folder."""

    def __init__(
        self,
        root: Path,
        clock: Clock,
        *,
        guard: Guard | None = None,
        tell: Callable[[dict[str, object]], object] | None = None,
    ) -> None:
        """
        Look at *root*, which need not exist yet.

        Args:
            root: The folder of the keys.
            clock: What time it is.
            guard: Who lets mandates in; None: one that writes nothing down.
            tell: Writes one act to the journal; None where there is no journal.
        """
        self._root = root
        self._guard = guard or Guard(clock)
        self._tell = tell
        self._told: set[tuple[str, str, str, Power, str]] = set()
        self._lock = threading.Lock()

    def make(self, day: str, mandate: Mandate, power: Power = Power.STORE) -> Seal:
        """
        Hand out the key of *day*, which is made where there is none.

        Raises:
            NotPermitted: If *mandate* lacks *power*.
            Unavailable: If the disk refuses.
        """
        self._guard.admit(mandate, power)
        with on_disk(self._root), self._lock:
            for folder in (self._root.parent, self._root):  # No more: keys make no home.
                folder.mkdir(mode=0o700, exist_ok=True)
            if not self._path(day).exists():
                draft = self._root / f".{day}.{os.getpid()}-{threading.get_ident()}"
                write_secret(draft, os.urandom(KEY_BYTES))
                try:
                    os.link(draft, self._path(day))
                except FileExistsError:
                    pass  # Another process was faster: there is one key of a day.
                finally:
                    draft.unlink()
                sync_folder(self._root)
        return self.hand([day], mandate, power)[day]

    def hand(self, days: Iterable[str], mandate: Mandate, power: Power) -> dict[str, Seal]:
        """
        Hand out the keys of *days*.

        Raises:
            NotPermitted: If *mandate* lacks *power*.
            Unavailable: If a key is gone, or the journal takes no line of it.
        """
        self._guard.admit(mandate, power)
        handed = {day: Seal(day, self._read(day)) for day in sorted(set(days))}
        self._note(mandate, power, handed)
        return handed

    def days(self) -> tuple[str, ...]:
        """Name the days that have a key, in order."""
        if not self._root.exists():
            return ()
        found = (path.name.removesuffix(_SUFFIX) for path in self._root.glob(f"*{_SUFFIX}"))
        return tuple(sorted(day for day in found if _DAY.fullmatch(day)))

    def destroy(self, day: str, mandate: Mandate) -> None:
        """
        Destroy the key of *day*: what was encrypted under it is gone, wherever it lies.

        Raises:
            NotPermitted: If *mandate* lacks the power to maintain.
            Unavailable: If the disk refuses.

        Notes:
            The bytes are overwritten first. A disk that writes elsewhere (SSD, copy on
            write) may still hold them until it takes the blocks for something else.
        """
        self._guard.admit(mandate, Power.MAINTAIN)
        destroy_secret(self._path(day))

    def _path(self, day: str) -> Path:
        if not _DAY.fullmatch(day):
            raise ValueError(f"{day!r} names no day")
        return self._root / f"{day}{_SUFFIX}"

    def _read(self, day: str) -> bytes:
        path = self._path(day)
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            raise Unavailable(
                f"the key of {day} is gone: what arrived on that day was deleted; "
                "`hinomi retention run` removes what is left of it"
            ) from None
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror}; mend that, then repeat") from error
        if len(key) != KEY_BYTES:
            raise Unavailable(f"{path} has not {KEY_BYTES} bytes; restore it from backup")
        return key

    def _note(self, mandate: Mandate, power: Power, days: Iterable[str]) -> None:
        held = (str(mandate.purpose), str(mandate.basis), mandate.who, power)
        with self._lock:
            fresh = [day for day in days if (*held, day) not in self._told]
        if fresh and self._tell is not None:
            act = {"operation": "key", "act": "handed", "power": str(power), "days": fresh}
            self._tell({**act, "mandate": mandate.render()})
        with self._lock:
            self._told.update((*held, day) for day in fresh)


def destroy_secret(path: Path) -> None:
    """
    Overwrite a file, delete it, and make that durable; where it is gone, that is all.

    Raises:
        Unavailable: If the disk refuses.
    """
    with on_disk(path):
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return
        with path.open("r+b", buffering=0) as file:
            for left in range(max(size, KEY_BYTES), 0, -_AT_ONCE):
                file.write(os.urandom(min(left, _AT_ONCE)))
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(path.parent)
