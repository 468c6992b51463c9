"""The cell tries on itself whether it holds, and refuses to begin where it does not."""

import errno
import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from hinomi.services import researchcell
from hinomi.services.researchcell import IMPORTABLE, MACHINES, filter_of
from researchers import require_cells

TOLD = {
    "source": "def describe(records):\n    yield 1\n",
    "columns": ["ts_ms"],
    "measures": [],
    "rows_a_line": 1,
    "memory_bytes": 1 << 28,
    "line_seconds": 2,
    "explain": False,
}
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000


def start(change: str = "", told: dict[str, object] | None = None) -> str:
    """Start a cell after *change* to its code; give its first words."""
    folder = str(Path(researchcell.__file__).parent)
    code = f"import sys; sys.path.insert(0, {folder!r})\nimport researchcell as cell\n{change}\n"
    content = json.dumps(told or TOLD).encode()
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code + "cell.main()"],
        input=struct.pack("<I", len(content)) + content,
        capture_output=True,
        env={"LD_BIND_NOW": "1"},
        check=False,
        timeout=60,
    )
    return ended.stderr.decode()


def allowing(place: int) -> str:
    """Give the change that allows one of the calls that the trial tries."""
    return (
        "cell.MACHINES = {name: each._replace(allowed=(*each.allowed, each.refused["
        f"{place}])) for name, each in cell.MACHINES.items()}}"
    )


def test_a_cell_that_holds_is_ready() -> None:
    """And ends with its input."""
    require_cells()

    assert start() == "ready\n"


@pytest.mark.parametrize(
    "change",
    [
        "cell._empty_root = lambda machine: None",
        "cell.Cell.seal = lambda self: None",
        "cell.filter_of = lambda machine: cell.struct.pack('<HBBI', 6, 0, 0, 0x7FFF0000)",
        allowing(0),
        allowing(1),
        allowing(3),
        "cell._UNSHARED ^= 0x20000000",
    ],
    ids=["its root", "no seal", "no filter", "sockets", "files", "time", "no processes of its own"],
)
def test_a_cell_that_leaks_never_begins(change: str) -> None:
    """Whatever is taken away from what keeps a program in, the trial notices it."""
    require_cells()

    said = start(change)

    assert said.startswith("refused ") or "could do more than compute" in said
    assert "ready" not in said


def test_an_unknown_machine_is_refused() -> None:
    """Numbers of system calls differ: without a table nothing can be refused."""
    assert "no table of system calls" in start("cell.MACHINES.clear()")


def test_a_program_that_does_not_compile_is_refused() -> None:
    """Before anything else is done."""
    assert start(told=TOLD | {"source": "def describe(:"}).startswith("refused ")


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_the_filter_allows_a_list_and_nothing_else(name: str) -> None:
    """Every number of a system call, run through the filter as the kernel would."""
    machine = MACHINES[name]
    steps = filter_of(machine)

    allowed = {nr for nr in range(1024) if judged(steps, machine.audit, nr) == ALLOW}

    assert allowed == {*machine.allowed, *machine.guarded}
    assert not allowed & set(machine.refused)
    for number in machine.guarded:
        assert judged(steps, machine.audit, number, argument=4) == REFUSE
        assert judged(steps, machine.audit, number, argument=3) == ALLOW
    assert judged(steps, machine.audit, 0x40000000 | machine.allowed[0]) == KILL
    assert judged(steps, machine.audit ^ 1, machine.allowed[0]) == KILL


def judged(steps: bytes, audit: int, number: int, argument: int = 0) -> int:
    """Run a filter as the kernel would (linux/filter.h), on one system call."""
    data = struct.pack("<IIQ6Q", number, audit, 0, 0, 0, argument, 0, 0, 0)
    place, held = 0, 0
    while True:
        code, then, other, value = struct.unpack_from("<HBBI", steps, place * 8)
        place += 1
        if code == 0x20:
            (held,) = struct.unpack_from("<I", data, value)
        elif code == 0x06:
            return int(value)
        else:
            holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            place += then if holds else other


def test_what_may_be_imported_reads_no_files() -> None:
    """Nothing of the list opens, connects or starts anything by its purpose."""
    assert not {"os", "io", "socket", "subprocess", "ctypes", "pathlib"} & set(IMPORTABLE)
