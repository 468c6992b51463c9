"""On which day real lists first named each of their entries."""

import tarfile
from pathlib import Path
from typing import Final

import pyarrow as pa

from hinomi.collect.lists.catalogue import parse_list
from hinomi.model.address import parse_address, render_address
from hinomi.model.context import DAY_MS
from hinomi.model.listed import ListEntry, ListKind

FEEDS: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "feeds"
ARCHIVE: Final = FEEDS / "c2intelfeeds" / "IPPortC2s-daily-history.tar.zst"
DAILY: Final = "c2intelfeeds"
MONTHLY: Final = "c2intelfeeds-30day"

_DATED: Final = {
    "feodo": ("feodotracker-2024-04", "*.csv"),
    "fox-it": ("fox-it-cobaltstrike", "*.csv.gz"),
    "carbonblack-cobaltstrike": ("carbonblack/cobaltstrike", "**/*.csv*"),
    "carbonblack-shadowpad": ("carbonblack/shadowpad", "*.tsv"),
    "carbonblack-winnti": ("carbonblack/winnti40", "*.tsv"),
    "carbonblack-dacls": ("carbonblack/dacls", "*.tsv"),
}


def daily_histories() -> dict[str, dict[str, int]]:
    """Give those of a feed of which every day was kept: its own list, and that of 30 days."""
    found: dict[str, dict[str, int]] = {DAILY: {}, MONTHLY: {}}
    with (
        pa.input_stream(str(ARCHIVE), compression="zstd") as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:  # In the order of days.
            date, _, name = member.name.partition("/")
            file = tar.extractfile(member)
            history = found[MONTHLY if "30day" in name else DAILY]
            day = int(pa.scalar(date).cast(pa.date32()).cast(pa.int32()).as_py())
            for line in file.read().decode().split("\n")[1:] if file else []:
                if line:
                    history.setdefault(line.rpartition(",")[0], day)
    return {
        name: {
            f"{render_address(parse_address(address))} {port}": day
            for (address, port), day in ((line.split(","), day) for line, day in history.items())
        }
        for name, history in found.items()
    }


def real_histories() -> dict[str, dict[str, int]]:
    """Give those of all lists with days: of lists that state them, the days that they state."""
    found = daily_histories()
    for name, (folder, pattern) in _DATED.items():
        history = found.setdefault(name, {})
        for path in sorted((FEEDS / folder).glob(pattern)):
            parsed = parse_list(path, ListKind.KNOWN_CC, None, keep_good=True)
            for entry in parsed.entries:
                if entry.first_listed_ms is not None:
                    key, day = _key(entry), entry.first_listed_ms // DAY_MS
                    history[key] = min(day, history.get(key, day))
    return found


def _key(entry: ListEntry) -> str:
    return f"{render_address(entry.base)} {entry.port}"
