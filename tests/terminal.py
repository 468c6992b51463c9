"""Running the command line in this process, as a terminal would."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hinomi.cli.running import run


@dataclass(frozen=True, slots=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


def hinomi(*arguments: object, home: Path | None = None) -> Said:
    """Run ``hinomi`` with *arguments*, for *home* where given."""
    words = [str(each) for each in arguments]
    if home is not None:
        words = ["--home", str(home), *words]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    return Said(code, out.getvalue(), err.getvalue())


def make_home(folder: Path, *own: str, sampling: int | None = 1) -> Path:
    """Make a home at *folder* with the own prefixes *own*; a laboratory unless told otherwise."""
    prefixes = folder.parent / f"{folder.name}-own.txt"
    prefixes.write_text("\n".join(own or ("192.0.2.0/24", "2001:db8::/32")) + "\n", "utf-8")
    stated = [] if sampling is None else ["--sampling", sampling]
    said = hinomi("init", "--own-prefixes", prefixes, *stated, home=folder)
    assert said.code == 0, said.err
    return folder


TABLE_HEADER = (
    "ts_ms,exporter,sampling_interval,proto,src_addr,dst_addr,src_port,dst_port,"
    "tcp_flags,packets,bytes,duration_ms\n"
)
NOON_MS = 1_767_268_800_000
"""2026-01-01T12:00:00Z."""


def table_row(**changed: object) -> str:
    """Give one line of the plain flow table, with defaults for what is not said."""
    row: dict[str, object] = {
        "ts_ms": NOON_MS,
        "exporter": "edge-1",
        "sampling_interval": 1,
        "proto": 6,
        "src_addr": "192.0.2.1",
        "dst_addr": "198.51.100.1",
        "src_port": 40000,
        "dst_port": 443,
        "tcp_flags": 24,
        "packets": 3,
        "bytes": 180,
        "duration_ms": 10,
    } | changed
    return ",".join(str(value) for value in row.values()) + "\n"


def write_table(path: Path, *rows: str) -> Path:
    """Write a plain flow table of *rows* (one default row where none is given)."""
    path.write_text(TABLE_HEADER + "".join(rows or (table_row(),)), "utf-8")
    return path
