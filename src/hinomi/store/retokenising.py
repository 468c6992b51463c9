"""
Files of the lake under another key period: what is moved, and under which names.

A file keeps its seal, its hour and its rows. What was sorted by service is sorted again,
since services inside the own network have other pseudonyms too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from hinomi.errors import Unavailable
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.store.compaction import ROW_GROUP_ROWS, SORT_KEYS
from hinomi.store.flowfile import FlowFileWriter, read_file
from hinomi.store.layout import COMPACTED, FRESH
from hinomi.store.manifest import FileEntry
from hinomi.store.sealing import Seal

Translate = Callable[[pa.RecordBatch], pa.RecordBatch]
"""Gives conversation records with the pseudonyms of another key period."""

Translator = Callable[[str, str], Translate]
"""Gives what turns the pseudonyms of one key period, by its name, into those of another."""

_MARK: Final = "-period-"


def no_translator(old: str, new: str) -> Translate:
    """Refuse: a lake that was opened without keys cannot change them."""
    raise Unavailable(f"no keys of {old} and {new} are at hand; open the lake by its home")


def moved(
    source: Path,
    target: Path,
    file: FileEntry,
    seal: Seal,
    *,
    period: str,
    translate: Translate,
) -> FileEntry:
    """
    Write *file* again with other pseudonyms.

    Args:
        source: The folder under which it lies.
        target: The folder under which the new file goes.
        file: Which file.
        seal: Its key, and that of the new file.
        period: Name of the key period that it will be under.
        translate: Gives its records their new pseudonyms.

    Returns:
        The new file, on disk but not yet in the manifest.

    Raises:
        Unavailable: If a file cannot be read or written.
    """
    batches = read_file(source, file, Window(), {seal.name: seal})
    rows = pa.Table.from_batches([translate(batch) for batch in batches], schema=CONVERSATIONS)
    layout = FRESH
    if file.compacted:
        layout = COMPACTED
        rows = rows.take(pc.sort_indices(rows, [(key, "ascending") for key in SORT_KEYS]))
    stem = Path(file.path).stem.split(_MARK)[0]
    writer = FlowFileWriter(target, file.hour, f"{stem}-{period}", seal, layout=layout)
    for start in range(0, rows.num_rows, ROW_GROUP_ROWS):
        writer.write(rows.slice(start, ROW_GROUP_ROWS))
    return writer.close(arrived_ms=file.arrived_ms, compacted=file.compacted)
