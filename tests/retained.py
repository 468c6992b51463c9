"""Homes whose data grows old: a clock that tests move, and files that are as old as they say."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hinomi.govern.matrix import Purpose
from hinomi.govern.retention import DAY_MS
from hinomi.model.listed import ListKind
from hinomi.services.home import Home, create_home, open_home
from hinomi.services.importing import ImportRequest, import_files
from hinomi.services.listing import add_list
from hinomi.services.rulings import prolong
from terminal import NOON_MS, table_row, write_table

START_MS = NOON_MS
"""When the data of these homes arrives."""


@dataclass
class Ageing:
    """A home, and the days that went by since its data arrived."""

    folder: Path
    days: float = 0.0

    @classmethod
    def make(cls, folder: Path, sampling: int = 1) -> "Ageing":
        """Make a laboratory whose purposes go on for as long as tests let it age."""
        prefixes = folder.parent / f"{folder.name}-own.txt"
        prefixes.write_text("192.0.2.0/24\n2001:db8::/32\n", "utf-8")
        create_home(folder, prefixes, sampling, lambda: START_MS)
        ageing = cls(folder)
        for purpose in (Purpose.OPERATE, Purpose.DETECT_CC):
            prolong(folder, purpose, date(2040, 1, 1), "officer", ageing.home.journal())
        return ageing

    def now_ms(self) -> int:
        """Tell the time."""
        return START_MS + round(self.days * DAY_MS)

    @property
    def home(self) -> Home:
        """Open it, as another process would."""
        return open_home(self.folder, self.now_ms)

    def take_in(self, *rows: str) -> "Ageing":
        """Import records, which arrive now."""
        path = self.folder.parent / f"{self.folder.name}-{self.days}-{len(rows)}.csv"
        done = import_files(self.home, ImportRequest(paths=[write_table(path, *rows)]))
        assert all(each.error is None for each in done.files), done
        return self

    def listed(self, kind: ListKind, text: str, source: str = "source") -> "Ageing":
        """Add a list, which stands from now on."""
        path = self.folder.parent / f"{self.folder.name}-{self.days}-{source}.csv"
        path.write_text(text, "utf-8")
        add_list(self.home, kind, path, source=source)
        return self

    def leave(self, name: str, content: bytes = b"x") -> Path:
        """Leave a file in the home, written now."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.age(path)
        return path

    def age(self, path: Path) -> None:
        """Let a file, or a folder, be written now."""
        now_s = self.now_ms() / 1000
        os.utime(path, (now_s, now_s))


def rows_of(day: int, count: int = 3) -> list[str]:
    """Give records of day *day* after the start."""
    return [
        table_row(ts_ms=START_MS + day * DAY_MS + number, src_port=number)
        for number in range(count)
    ]
