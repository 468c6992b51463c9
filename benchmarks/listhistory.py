"""Histories of real lists of C&C servers: who stood there on which day, and who was there."""

import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.clock import parse_time
from hinomi.collect.lists import c2intelfeeds
from hinomi.collect.lists.catalogue import parse_list
from hinomi.collect.lists.intake import Intake
from hinomi.model.listed import ListEntry, ListKind
from hinomi.verify.survival import Episodes, find_episodes

DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "feeds"
DAILY: Final = DATA / "c2intelfeeds" / "IPPortC2s-daily-history.tar.zst"
FOX_IT: Final = DATA / "fox-it-cobaltstrike" / "cobaltstrike-servers.csv.gz"
FEODO: Final = tuple(
    DATA / "feodotracker-2024-04" / name for name in ("ipblocklist.csv", "ipblocklist.older.csv")
)

WINDOW_DAYS: Final = 7
"""The feed names what was seen within so many days: so long too late does an entry leave it."""

SCAN_DAYS: Final = 14
"""Fox-it's servers were scanned every fortnight: an end is known no better."""

_DAY_MS: Final = 86_400_000

Endpoint = tuple[int, int, int]
"""Both halves of the address, and the port."""


@dataclass(frozen=True, slots=True)
class History:
    """Who was there on which day, as far as a list can tell."""

    first_day: int  # Days since 1970 of column 0.
    endpoints: tuple[Endpoint, ...]  # One for each row.
    is_listed: NDArray[np.bool_]  # Shape (endpoints, days): what the list said.
    episodes: Episodes  # What follows from it, its lag taken off.
    last_sure: int  # Columns from here on cannot be judged: ends lie there that none can see yet.

    @property
    def is_live(self) -> NDArray[np.bool_]:
        """Paint the episodes as a table of the shape of *is_listed*."""
        marks = np.zeros((self.is_listed.shape[0], self.is_listed.shape[1] + 1), dtype=np.int8)
        found = self.episodes
        np.add.at(marks, (found.rows, found.first_days), 1)
        np.add.at(marks, (found.rows, found.last_days + 1), -1)
        return np.cumsum(marks, axis=1)[:, :-1] > 0

    @property
    def servers(self) -> NDArray[np.int64]:
        """Number the addresses: several services of one address share a number."""
        numbers: dict[tuple[int, int], int] = {}
        return np.array(
            [numbers.setdefault((hi, lo), len(numbers)) for hi, lo, _ in self.endpoints]
        )

    @property
    def ports(self) -> NDArray[np.int64]:
        """Give the port of each row."""
        return np.array([port for _, _, port in self.endpoints])

    def column(self, day: str) -> int:
        """Give the column of an ISO day."""
        return parse_time(day) // _DAY_MS - self.first_day


def daily_history(path: Path = DAILY, *, days: int | None = None, bridge_days: int = 0) -> History:
    """
    Read the daily lists, the first *days* of them or all, and take the feed's window off.

    An entry stands in the feed for a week after it was last seen: its last day is put back by
    that. What stands there on the last day may be gone already, so that the last week is not
    judged.
    """
    found: dict[Endpoint, list[int]] = {}
    dates: list[int] = []
    with (
        pa.input_stream(str(path), compression="zstd") as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:  # In the order of days.
            name = PurePosixPath(member.name)
            file = tar.extractfile(member)
            if name.name != "IPPortC2s.csv" or file is None:
                continue
            if days is not None and len(dates) == days:
                break
            dates.append(parse_time(name.parent.name) // _DAY_MS)
            intake = Intake(Path(member.name), ListKind.KNOWN_CC, keep_good=True)
            c2intelfeeds.read(file.read().decode(), intake)
            for each in intake.entries:
                found.setdefault(_endpoint(each), []).append(dates[-1] - dates[0])
    rows = sorted(found)
    is_listed = np.zeros((len(rows), dates[-1] - dates[0] + 1), dtype=bool)
    for row, endpoint in enumerate(rows):
        is_listed[row, found[endpoint]] = True
    episodes = find_episodes(is_listed, lag_days=WINDOW_DAYS, bridge_days=bridge_days)
    last_sure = is_listed.shape[1] - 1 - WINDOW_DAYS
    return History(dates[0], tuple(rows), is_listed, episodes, last_sure)


def spans_history(paths: tuple[Path, ...], *, scan_days: int) -> History:
    """
    Read lists that say when each entry was first and last seen, and nothing of gaps.

    One that was seen within *scan_days* of the newest sighting of all is taken to go on.
    """
    newest: dict[Endpoint, tuple[int, int]] = {}
    for path in paths:
        for each in parse_list(path, ListKind.KNOWN_CC, None, keep_good=True).entries:
            if each.first_listed_ms is not None and each.last_listed_ms is not None:
                first, last = each.first_listed_ms // _DAY_MS, each.last_listed_ms // _DAY_MS
                before = newest.get(_endpoint(each), (first, last))
                newest[_endpoint(each)] = min(first, before[0]), max(last, before[1], first)
    rows = sorted(newest)
    start = min(first for first, _ in newest.values())
    spans = np.array([newest[row] for row in rows], dtype=np.int64) - start
    end = int(spans[:, 1].max())
    is_ended = spans[:, 1] < end - scan_days
    last_days = np.where(is_ended, spans[:, 1], end)
    columns = np.arange(end + 1)[None, :]
    is_listed = (columns >= spans[:, :1]) & (columns <= last_days[:, None])
    every = np.arange(len(rows))
    episodes = Episodes(every, spans[:, 0], last_days, is_ended, np.ones(len(rows), dtype=bool))
    return History(start, tuple(rows), is_listed, episodes, end - scan_days)


def _endpoint(entry: ListEntry) -> Endpoint:
    return entry.base.hi, entry.base.lo, entry.port or 0
