"""All formats of flow files, and how to tell which one a file has."""

from pathlib import Path
from typing import Final

from hinomi.collect.files import (
    argus,
    capture,
    exports,
    goflow2,
    nfdump,
    pmacct,
    suricata,
    table,
    zeek,
)
from hinomi.collect.files.reading import FileFormat
from hinomi.collect.files.text import read_start

FORMATS: Final = (
    FileFormat(name="zeek", recognises=zeek.recognises, read=zeek.read),
    FileFormat(name="argus", recognises=argus.recognises, read=argus.read),
    FileFormat(name="nfcapd", recognises=nfdump.recognises, read=nfdump.read),
    FileFormat(name="goflow2", recognises=goflow2.recognises, read=goflow2.read),
    FileFormat(name="pmacct", recognises=pmacct.recognises, read=pmacct.read, may_be_scaled=True),
    FileFormat(name="suricata", recognises=suricata.recognises, read=suricata.read),
    FileFormat(name="table", recognises=table.recognises, read=table.read),
    # Before captures, of which it is a kind.
    FileFormat(name="export", recognises=exports.recognises, read=exports.read),
    FileFormat(name="capture", recognises=capture.recognises, read=capture.read, is_packets=True),
)

_START_BYTES: Final = 1 << 16
"""Enough for a header and a first line; payload columns make some long."""


def format_names() -> tuple[str, ...]:
    """Name the formats, as `--format` takes them."""
    return tuple(known.name for known in FORMATS)


def find_format(path: Path, name: str | None) -> FileFormat | None:
    """
    Give the format of a file.

    Args:
        path: A file that exists.
        name: What the operator said; None tells from the file's first bytes, after
            decompressing gzip.

    Returns:
        The format; None if *name* is no format, or the file is in none of them.
    """
    if name is not None:
        return next((known for known in FORMATS if known.name == name), None)
    start = read_start(path, _START_BYTES)
    return next((known for known in FORMATS if known.recognises(path, start)), None)
