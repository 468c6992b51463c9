"""
A cell for a researcher's program, seen from outside: records in, what it says of each line out.

The cell (`services.researchcell`) is a process without network, files, clock or memory of other
lines. Where the machine cannot give one, nothing is run.
"""

import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.errors import Unavailable
from hinomi.govern.program import Program
from hinomi.services import researchcell
from hinomi.services.researchcell import ANSWERED, READY, TAKEN

LINE_SECONDS: Final = 2
"""CPU time of the program for one line; twice as long by the clock."""

SCRIPT: Final = Path(researchcell.__file__)

_MIB: Final = 1 << 20
_READY_MOST: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one run may use."""

    seconds: int  # By the clock, for all lines.
    memory_mib: int  # Address space of the process of one line.


class Said(NamedTuple):
    """What a program said of one line."""

    answer: bytes | None  # None: it failed or was stopped.
    fault: str  # In made-up worlds, why; else empty.


class Cell:
    """A running cell; `open_cell` makes one."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits, *, explain: bool) -> None:
        """Hold *process*, which said that it is ready; its time begins."""
        self._process = process
        self._explain = explain
        self._limits = limits
        self._expired = threading.Event()
        self._timer = threading.Timer(limits.seconds, self._expire)
        self._timer.daemon = True
        self._timer.start()
        os.set_blocking(_pipe(process.stdout).fileno(), False)

    def ask(self, records: NDArray[np.int64]) -> Said:
        """
        Let the program describe one line.

        Args:
            records: Of one line, shape (n, columns), in the order of the columns told.

        Raises:
            Unavailable: If the time of the run is over, or the cell ended.
        """
        try:
            into = _pipe(self._process.stdin)
            into.write(struct.pack("<I", len(records)))
            into.write(np.ascontiguousarray(records, dtype="<i8").data)
            into.flush()
            taken = os.read(_pipe(self._process.stderr).fileno(), 1)
            status = os.read(_pipe(self._process.stderr).fileno(), 1) if taken == TAKEN else b""
        except BrokenPipeError:
            status = b""
        if not status:  # Or not all was read: what follows would be taken for another line's.
            if self._expired.is_set():
                raise Unavailable(
                    f"the program took more than {self._limits.seconds} s "
                    "(research.most_seconds) and was stopped; nothing of it was kept"
                )
            raise Unavailable("the cell of the program ended; nothing of it was kept")
        said = b"".join(self._drain())
        if status == ANSWERED:
            return Said(said, "")
        fault = said.decode("utf-8", "replace") or "stopped: it used too much, or did what none may"
        return Said(None, fault if self._explain else "")

    def close(self) -> None:
        """End the cell with all that is in it."""
        self._timer.cancel()
        self._process.kill()
        self._process.wait()
        out = _pipe(self._process.stdout)
        os.set_blocking(out.fileno(), True)
        while os.read(out.fileno(), _MIB):  # It ends with the last process that could write.
            pass
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(BrokenPipeError):
                _pipe(pipe).close()

    def _drain(self) -> Iterator[bytes]:
        """Read what the line's process left in the pipe: it has ended by now."""
        while True:
            try:
                part = os.read(_pipe(self._process.stdout).fileno(), _MIB)
            except BlockingIOError:
                return
            if not part:
                return
            yield part

    def _expire(self) -> None:
        self._expired.set()
        self._process.kill()


@contextmanager
def open_cell(
    program: Program, columns: Sequence[str], limits: Limits, *, explain: bool = False
) -> Iterator[Cell]:
    """
    Open a cell for *program*.

    Args:
        program: It was read, and not run so far.
        columns: Of the records that it will be handed.
        limits: What it may use.
        explain: Let its faults be told: for made-up worlds alone, since a fault can tell of a
            line.

    Raises:
        Unavailable: If this machine cannot keep the program apart: nothing was run.
    """
    told = {
        "source": program.source,
        "columns": list(columns),
        "measures": list(program.declared.measures),
        "rows_a_line": program.declared.rows_a_line,
        "memory_bytes": limits.memory_mib * _MIB,
        "line_seconds": LINE_SECONDS,
        "explain": explain,
    }
    process = subprocess.Popen(  # noqa: S603 - this very interpreter and a file of this package.
        [sys.executable, "-I", "-S", "-B", str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Symbols are bound at once: later the linker would look into the clock, which is gone.
        env={"LD_BIND_NOW": "1"},
        cwd="/",
        bufsize=-1,
    )
    try:
        _greet(process, told)
        cell = Cell(process, limits, explain=explain)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    try:
        yield cell
    finally:
        cell.close()


def _greet(process: subprocess.Popen[bytes], told: dict[str, object]) -> None:
    content = json.dumps(told).encode()
    with suppress(BrokenPipeError):
        _pipe(process.stdin).write(struct.pack("<I", len(content)) + content)
        _pipe(process.stdin).flush()
    said = b""
    while not said.endswith(b"\n") and len(said) < _READY_MOST:
        part = os.read(_pipe(process.stderr).fileno(), _READY_MOST)
        if not part:
            break
        said += part
    if said != READY:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["it ended at once"]
        raise Unavailable(
            "this machine cannot keep a research program apart "
            f"({lines[-1].removeprefix('refused ')}), so nothing was run; "
            "docs/howto/research-in-the-node.md says what it takes"
        )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the cell was started without its pipes")
    return pipe
