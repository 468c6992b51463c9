"""Hostile programs: each is stopped, learns nothing of another line, and leaves nothing."""

import socket
import struct
import tempfile
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from hinomi.errors import Unavailable
from hinomi.services import isolation
from hinomi.services.isolation import Limits, open_cell
from researchers import COLUMNS, LIMITS, program, require_cells, say

TWO_ROWS = 'LABELS = ("label",)\nROWS_A_LINE = 2'

HOSTILE = {
    "sockets": "import socket\nsocket.create_connection(('127.0.0.1', 1))",
    "raw sockets": "import _socket\n_socket.socket()",
    "reading a file": "yield open('/etc/hostname').read()",
    "reading /proc": "yield open('/proc/self/status').read()[:40]",
    "listing the root": "import os\nyield str(os.listdir('/'))",
    "writing a file": "open('/left', 'w').write('x')",
    "making a file in memory": "import os\nos.memfd_create('left')",
    "forking": "import os\nif os.fork() == 0:\n    os._exit(0)",
    "starting a program": "import os\nos.execv('/bin/true', ['true'])",
    "starting a process": "import subprocess\nsubprocess.run(['true'])",
    "threads": "import _thread\n_thread.start_new_thread(print, ())",
    "killing": "import os\nos.kill(1, 9)",
    "importing ctypes": "import ctypes\nctypes.CDLL(None)",
    "importing what is installed": "import numpy",
    "reading the next line": "import os\nyield str(os.read(0, 1))",
    "the clock": "import time\nyield str(time.time())",
    "a fine clock": "import time\nyield str(time.perf_counter_ns())",
    "sleeping": "import time\ntime.sleep(1)",
    "taking memory": "held = bytearray(1 << 30)",
    "taking time": "while True:\n    pass",
    "endless rows": "while True:\n    yield 'x'",
    "raising": "raise SystemExit(0)",
    "ending at once": "import os\nos._exit(7)",
    "endless recursion": "def again():\n    again()\nagain()",
    "flooding the pipe": "import os\nwhile True:\n    os.write(1, b'x' * 65536)",
    "a label that is no text": "yield object()",
}


@pytest.mark.parametrize("deed", list(HOSTILE))
def test_a_hostile_program_is_stopped_and_says_nothing(deed: str) -> None:
    """The line counts as failed; the next line is described as if nothing had been."""
    body = indent(HOSTILE[deed], "    ")
    asked = program(f"if records[0].remote_port == 1:\n{body}\nyield 'fine'")

    first, second = say(asked, [(0, 1, 1)], [(0, 2, 1)])

    # Endless rows are cut one above what was declared, which the node takes for a failed line.
    assert first.answer is None or first.answer.count(b"x") == 2
    assert second.answer == b'[[["fine"], []]]'


@pytest.mark.parametrize(
    "deed",
    [
        "reading a file", "reading /proc", "listing the root", "forking", "importing ctypes",
        "making a file in memory", "the clock", "sleeping", "taking memory", "threads",
    ],
)  # fmt: skip
def test_the_same_deed_succeeds_where_nothing_keeps_it(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a cell without seal, empty root and trial: these stop it, not a slip of its own."""
    require_cells()
    open_door = tmp_path / "researchcell.py"
    source = isolation.SCRIPT.read_text("utf-8")
    undone = (
        "_TOOLS = ()\n"
        "Cell.seal = _empty_root = _stop_clocks = lambda *_: None\n"
        "_trial = lambda _: os._exit(0)\n"
        "main()\n"
    )
    changed = source.replace('if __name__ == "__main__":', f"{undone}if False:")
    open_door.write_text(changed, "utf-8")
    monkeypatch.setattr(isolation, "SCRIPT", open_door)

    (said,) = say(program(f"{HOSTILE[deed]}\nyield 'done'", head=TWO_ROWS))

    assert b"done" in (said.answer or b""), said.fault


def test_files_are_readable_outside_and_not_inside(tmp_path: Path) -> None:
    """The same words read a file that anybody may read here, and fail in the cell."""
    secret = tmp_path / "secret"
    secret.write_text("kept")
    secret.chmod(0o644)
    words = f"open({str(secret)!r}).read()"

    assert eval(words) == "kept"  # noqa: S307 - words of this test.
    (said,) = say(program(f"yield {words}"))
    assert said.answer is None
    assert "PermissionError" in said.fault


def test_a_listening_port_of_this_machine_is_out_of_reach() -> None:
    """The cell has no network, not even the loopback of the machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]

        (said,) = say(program(f"import socket\nsocket.create_connection(('127.0.0.1', {port}))"))

        assert said.answer is None
        with pytest.raises(TimeoutError):
            server.accept()


def test_no_line_learns_of_another() -> None:
    """What a program keeps, in modules, globals, defaults or memory, is gone at the next line."""
    asked = program(
        "import math, sys, gc\n"
        "met = getattr(math, 'met', []) + KEPT + list(held)\n"
        "held.append(records[0].remote_port)\n"
        "KEPT.append(records[0].remote_port)\n"
        "math.met = [records[0].remote_port]\n"
        "sys.modules['kept'] = math.met\n"
        "ports = [each.remote_port for each in gc_records()]\n"
        "yield 'met ' + ' '.join(map(str, met + ports))",
        head='LABELS = ("label",)\nKEPT = []\nheld = []\n'
        "def gc_records():\n"
        "    import sys\n"
        "    frame = sys._getframe()\n"
        "    found = []\n"
        "    while frame:\n"
        "        for value in frame.f_locals.values():\n"
        "            if type(value) is list:\n"
        "                found += [x for x in value if type(x).__name__ == 'Record']\n"
        "        frame = frame.f_back\n"
        "    return [x for x in found if x.remote_port == 4711]\n",
    )

    answers = say(asked, [(0, 4711, 1)], [(0, 2, 1)], [(0, 3, 1)])

    assert [each.answer for each in answers[1:]] == [b'[[["met "], []]]'] * 2
    assert answers[0].answer == b'[[["met 4711 4711"], []]]' or b"4711" in (
        answers[0].answer or b""
    )


def test_the_memory_of_a_line_holds_no_other_line() -> None:
    """A number of one line is found in its own memory, at the same place, and not in the next's."""
    mark = 0x5EC2E7_5EC2E7
    asked = program(
        "import struct, sys\n"
        "ctypes, frame = None, sys._getframe()\n"
        "while frame:\n"
        "    ctypes = ctypes or frame.f_globals.get('ctypes')\n"
        "    frame = frame.f_back\n"
        "pool = id(records[0][0]) >> 14 << 14\n"  # A pool of CPython's allocator: 16 KiB.
        "memory = ctypes.string_at(pool, 1 << 14)[::-1]\n"
        # Backwards, so that what is sought does not find itself.
        f"yield memory.count({struct.pack('<II', mark % 2**30, mark >> 30)[::-1]!r}) > 0 and 1"
    )

    first, second = say(asked, [(mark, 1, 1)], [(mark + 1, 1, 1)])

    assert first.answer == b"[[[1], []]]"
    assert second.answer == b"[[[false], []]]"


def test_an_honest_program_gets_its_records() -> None:
    """All columns, negative numbers too, and the modules that may be imported."""
    asked = program(
        "import math, statistics, ipaddress, collections\n"
        "yield '/'.join(str(x) for r in records for x in r), {'n': math.gcd(4, 6)}",
        head='LABELS = ("label",)\nMEASURES = {"n": 9}',
    )

    (said,) = say(asked, [(-1, 443, 2**62), (5, 6, 7)])

    assert said.answer == f'[[["-1/443/{2**62}/5/6/7"], [2]]]'.encode()


def test_a_long_line_is_handed_over_whole() -> None:
    """More records than a pipe holds."""
    (said,) = say(program("yield len(records)"), [(each, 1, 1) for each in range(50_000)])

    assert said.answer == b"[[[50000], []]]"


def test_a_run_that_takes_too_long_is_stopped() -> None:
    """By the clock, however little each line takes; nothing is left."""
    require_cells()
    limits = Limits(seconds=1, memory_mib=256)
    before = _processes()
    with open_cell(program("while True:\n    pass"), COLUMNS, limits) as cell:
        with pytest.raises(Unavailable, match="more than 1 s"):
            cell.ask(np.array([[0, 1, 1]]))
        with pytest.raises(Unavailable):
            cell.ask(np.array([[0, 1, 1]]))
    assert _processes() <= before


def test_faults_are_told_of_made_up_worlds_alone() -> None:
    """Elsewhere a fault could carry what one line did."""
    require_cells()
    asked = program(
        "import os\nos.write(1, str(records[0]).encode())\nraise ValueError(records[0])"
    )
    with open_cell(asked, COLUMNS, LIMITS) as cell:
        said = cell.ask(np.array([[0, 4711, 1]]))
    (told,) = say(asked, [(0, 4711, 1)])

    assert said == (None, "")
    assert "4711" in told.fault


def test_a_closed_cell_leaves_no_process_and_no_file() -> None:
    """Also one whose program was in the middle of something."""
    require_cells()
    files, before = set(Path(tempfile.gettempdir()).iterdir()), _processes()
    with open_cell(program("yield 1"), COLUMNS, LIMITS) as cell:
        cell.ask(np.array([[0, 1, 1]]))
        assert len(_processes() - before) >= 1

    assert _processes() <= before
    assert set(Path(tempfile.gettempdir()).iterdir()) <= files


def test_a_machine_without_isolation_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernel gives no namespaces, one line says so, and no record was handed over."""
    refusing = tmp_path / "cell.py"
    source = isolation.SCRIPT.read_text("utf-8")
    refusing.write_text(source.replace("_libc.unshare(_UNSHARED)", "_libc.unshare(1)"), "utf-8")
    monkeypatch.setattr(isolation, "SCRIPT", refusing)

    with (
        pytest.raises(Unavailable, match="cannot keep a research program apart") as told,
        open_cell(program("yield 1"), COLUMNS, LIMITS),
    ):
        pytest.fail("it ran")

    assert "namespaces: Invalid argument" in str(told.value)
    assert "\n" not in str(told.value)


def _processes() -> set[str]:
    """Name the processes of cells."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"researchcell.py" in words:
            found.add(folder.name)
    return found
