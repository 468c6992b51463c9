"""
The cell in which a researcher's program runs: a script of its own, on the standard library alone.

It is started as ``python -I -S -B researchcell.py`` by `services.isolation` and takes three pipes:
records come in on standard input, what the program says goes out on standard output, and two
bytes for each line tell on standard error that it was read and what became of it. Before it
takes any record it

* gives up root, if it has it, and every right in namespaces of its own: user, mounts, network,
  processes, messages and host name;
* has an empty, read-only folder for its root, without any file or device;
* has no clock;
* tries on a process of its own whether that holds (`_trial`).

Each line gets a process of its own, forked from one that never saw a record: what the program
learns of one line it cannot carry to the next. That process may compute, write its answer and
end; the kernel refuses everything else (seccomp), also to ask what time it is.
"""

import ctypes
import errno
import gc
import importlib
import json
import os
import platform
import resource
import select
import signal
import struct
import sys
from collections import namedtuple
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final, NamedTuple, NoReturn

READY: Final = b"ready\n"
TAKEN: Final = b"t"
"""The records of one line were read, to the last."""

ANSWERED, FAILED, STOPPED = b"a", b"f", b"s"
"""What became of one line: answered, the program failed, the kernel or a limit stopped it."""

IMPORTABLE: Final = (
    "array", "bisect", "cmath", "collections", "collections.abc", "dataclasses", "datetime",
    "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "ipaddress", "itertools",
    "json", "math", "numbers", "operator", "re", "statistics", "string", "struct", "typing",
)  # fmt: skip
"""What a program may import: nothing else can be found once the root is empty."""

_TOOLS: Final = ("ctypes", "_ctypes", "gc", "importlib", "platform", "resource", "select", "signal")

_UNSHARED: Final = 0x10000000 | 0x00020000 | 0x40000000 | 0x20000000 | 0x08000000 | 0x04000000
_PRIVATE: Final = 0x4000 | 0x40000  # MS_REC | MS_PRIVATE.
_BARE: Final = 1 | 2 | 4 | 8  # MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC.
_DETACH: Final = 2
_NOBODY: Final = 65_534
_CAPABILITIES_V3: Final = 0x20080522
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_SECCOMP, _SET_TSC, _NO_NEW_PRIVILEGES = 1, 4, 22, 26, 38
_TSC_FAULTS: Final = 2
_READ, _WRITE, _EXECUTE = 1, 2, 4
_FIXED: Final = 0x10 | 0x20 | 0x02  # MAP_FIXED | MAP_ANONYMOUS | MAP_PRIVATE.


class Machine(NamedTuple):
    """
    What differs from one kind of processor to another.

    Source:
        Numbers of system calls: the kernel's arch/x86/entry/syscalls/syscall_64.tbl and
        include/uapi/asm-generic/unistd.h. Mark in a filter: linux/audit.h.
    """

    audit: int
    pivot_root: int
    capset: int
    guarded: tuple[int, ...]  # mmap, mprotect: not to make code.
    allowed: tuple[int, ...]  # write brk munmap mremap madvise futex rt_sigreturn exit exit_group.
    # For the trial: socket openat ptrace clock_gettime read getpid execve clone.
    refused: tuple[int, ...]
    fails: bytes  # Code of a function that returns -1.


MACHINES: Final = {
    "x86_64": Machine(
        audit=0xC000003E,
        pivot_root=155,
        capset=126,
        guarded=(9, 10),
        allowed=(1, 12, 11, 25, 28, 202, 15, 60, 231),
        refused=(41, 257, 101, 228, 0, 39, 59, 56),
        fails=b"\x48\xc7\xc0\xff\xff\xff\xff\xc3",  # mov rax, -1; ret.
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        pivot_root=41,
        capset=91,
        guarded=(222, 226),
        allowed=(64, 214, 215, 216, 233, 98, 139, 93, 94),
        refused=(198, 56, 117, 113, 63, 172, 221, 220),
        fails=b"\x00\x00\x80\x92\xc0\x03\x5f\xd6",  # mov x0, -1; ret.
    ),
}

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p


class CannotIsolate(Exception):
    """The machine does not give what keeps a program apart."""


def _call(what: str, result: int) -> None:
    if result != 0:
        raise CannotIsolate(f"{what}: {os.strerror(ctypes.get_errno())}")


def _prctl(what: str, option: int, *values: int) -> None:
    words = [ctypes.c_ulong(each) for each in (*values, 0, 0, 0, 0)[:4]]
    _call(what, _libc.prctl(option, *words))


def _leave_world() -> None:
    """Give up root and enter namespaces of our own; the next process lives in them all."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        _prctl("PR_SET_DUMPABLE", _SET_DUMPABLE, 1)  # Else /proc/self belongs to root.
    _prctl("PR_SET_PDEATHSIG", _SET_DEATH_SIGNAL, signal.SIGKILL)
    _prctl("PR_SET_NO_NEW_PRIVS", _NO_NEW_PRIVILEGES, 1)
    uid, gid = os.getuid(), os.getgid()
    _call("namespaces", _libc.unshare(_UNSHARED))
    for name, line in (
        ("setgroups", "deny"),
        ("gid_map", f"{_NOBODY} {gid} 1"),
        ("uid_map", f"{_NOBODY} {uid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not loaded here.
            file.write(line)


def _empty_root(machine: Machine) -> None:
    """Put an empty folder in place of all that can be seen, and give up what did it."""
    _call("private mounts", _libc.mount(None, b"/", None, ctypes.c_ulong(_PRIVATE), None))
    options = b"size=4k,nr_inodes=1,mode=555"
    _call(
        "empty root",
        _libc.mount(b"none", b"/proc", b"tmpfs", ctypes.c_ulong(_BARE), options),
    )
    os.chdir("/proc")
    _call("pivot_root", _libc.syscall(ctypes.c_long(machine.pivot_root), b".", b"."))
    _call("old root", _libc.umount2(b".", _DETACH))
    os.chdir("/")
    header = struct.pack("<Ii", _CAPABILITIES_V3, 0)
    nothing = bytes(24)
    _call("capset", _libc.syscall(ctypes.c_long(machine.capset), header, nothing))


def _limit(memory_bytes: int, seconds: int) -> None:
    for which, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),  # Of files; a pipe is none.
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 8),
    ):
        resource.setrlimit(which, (most, most))


def filter_of(machine: Machine) -> bytes:
    """
    Give the filter of system calls: what is not allowed fails with EPERM.

    Source:
        linux/filter.h, linux/seccomp.h: classic BPF over struct seccomp_data, whose number lies
        at 0, architecture at 4, and the low word of the third argument at 32.
    """
    load, equal, at_least, bits, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
    steps = [
        (load, 0, 0, 4), (equal, 1, 0, machine.audit), (give, 0, 0, kill),
        (load, 0, 0, 0), (at_least, 0, 1, 0x40000000), (give, 0, 0, kill),
    ]  # fmt: skip
    for number in machine.allowed:
        steps += [(equal, 0, 1, number), (give, 0, 0, allow)]
    for number in machine.guarded:  # mmap, mprotect: not to make code.
        steps += [
            (equal, 0, 4, number), (load, 0, 0, 32), (bits, 0, 1, _EXECUTE),
            (give, 0, 0, refuse), (give, 0, 0, allow),
        ]  # fmt: skip
    steps.append((give, 0, 0, refuse))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def _clocks() -> list[tuple[int, int]]:
    """Find where the kernel lays the clock into our memory: start and length."""
    found = []
    with open("/proc/self/maps", encoding="ascii") as maps:  # noqa: PTH123 - as above.
        for line in maps:
            if "[vdso" in line or "[vvar" in line:
                start, end = (int(each, 16) for each in line.split()[0].split("-"))
                found.append((start, end - start))
    return found


def _stop_clocks(machine: Machine, clocks: list[tuple[int, int]]) -> None:
    """
    Put code that fails with EPERM in place of the clock that needs no system call.

    With a clock, one line's process could tell the next ones something by taking its time.
    """
    for start, length in clocks:
        place, size = ctypes.c_void_p(start), ctypes.c_size_t(length)
        if _libc.mmap(place, size, _READ | _WRITE, _FIXED, -1, ctypes.c_long(0)) != start:
            raise CannotIsolate(f"clock: {os.strerror(ctypes.get_errno())}")
        ctypes.memmove(start, machine.fails * (length // 8), length)
        _call("clock", _libc.mprotect(place, size, _READ | _EXECUTE))
    if platform.machine() == "x86_64":
        _prctl("PR_SET_TSC", _SET_TSC, _TSC_FAULTS)


class Cell:
    """All that is prepared before the first record comes."""

    def __init__(self, told: dict[str, Any], machine: Machine) -> None:
        self.told = told
        self.machine = machine
        self.clocks = _clocks()
        for name in _TOOLS:  # Not to be imported. What keeps a program in is the kernel.
            sys.modules.pop(name, None)
        self.program = compile(told["source"], "program", "exec", dont_inherit=True)
        made = namedtuple("Record", told["columns"])  # type: ignore[misc] # noqa: PYI024 - columns are told.
        self.make: Callable[[Iterable[int]], Any] = made._make
        steps = filter_of(machine)
        self._filter = ctypes.create_string_buffer(steps, len(steps))
        self._sealed = struct.pack("@HxxxxxxP", len(steps) // 8, ctypes.addressof(self._filter))

    def seal(self) -> None:
        """Take from this process all but computing, writing and ending; there is no way back."""
        _limit(self.told["memory_bytes"], self.told["line_seconds"])
        sealed = ctypes.create_string_buffer(self._sealed, len(self._sealed))
        _prctl("PR_SET_SECCOMP", _SET_SECCOMP, 2, ctypes.addressof(sealed))

    def describe(self, rows: list[Any]) -> bytes:
        """Run the program on the records of one line."""
        names: dict[str, Any] = {"__name__": "program"}
        exec(self.program, names)  # noqa: S102 - what the cell is for; see the module's docstring.
        said = names["describe"](rows)
        most = self.told["rows_a_line"] + 1  # One too many shows that the program broke its word.
        return _encoded(islice(said or (), most), self.told["measures"])

    def answer(self) -> NoReturn:
        """Take one line, seal this process, and let the program speak of it."""
        code = 1
        try:
            rows = self._take()
            os.write(2, TAKEN)
            os.close(0)
            os.close(2)
            self.seal()
            _write(self.describe(rows))
            code = 0
        finally:
            # Whatever the program raised ends here: this process has no way back into the loop.
            if code and self.told["explain"]:
                _write(repr(sys.exc_info()[1]).encode("utf-8", "replace")[:2000])
            os._exit(code)

    def _take(self) -> list[Any]:
        count = struct.unpack("<I", _read(4))[0]
        width = len(self.told["columns"])
        values = struct.iter_unpack(f"<{width}q", _read(count * width * 8))
        return [self.make(each) for each in values]


def _encoded(rows: Iterable[Any], measures: list[str]) -> bytes:
    laid = []
    for row in rows:
        labels, added = row if measures else (row, {})
        if not isinstance(labels, tuple):
            labels = (labels,)
        laid.append((labels, [int(added.get(each, 0)) for each in measures]))
    return json.dumps(laid).encode()


def _read(size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(0, min(size - len(parts), 1 << 20))
        if not part:
            os._exit(0)
        parts += part
    return bytes(parts)


def _write(content: bytes) -> None:
    while content:
        content = content[os.write(1, content) :]


def _in_process(act: Callable[[], NoReturn], wait_ms: int) -> bytes:
    """Run *act* in a process forked now; say how it ended."""
    child = os.fork()
    if child == 0:
        act()
    handle = os.pidfd_open(child)
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    if not waiting.poll(wait_ms):
        os.kill(child, signal.SIGKILL)
    os.close(handle)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return STOPPED
    return ANSWERED if os.WEXITSTATUS(status) == 0 else FAILED


def _trial(cell: Cell) -> NoReturn:
    """Look whether a sealed process is as helpless as it is meant to be; exit 0 if so."""
    code = 1
    try:
        alone = os.listdir("/") == [] and os.getpid() != 1 and os.getppid() == 1  # noqa: PTH208 - as above.
        cell.seal()
        for number in cell.machine.refused:
            ctypes.set_errno(0)
            result = _libc.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
            alone = alone and (result, ctypes.get_errno()) == (-1, errno.EPERM)
        code = 0 if alone else 1
    finally:
        os._exit(code)


def _serve(cell: Cell) -> None:
    """Be the first process of the namespaces: one process for each line, until no more come."""
    _prctl("PR_SET_PDEATHSIG", _SET_DEATH_SIGNAL, signal.SIGKILL)
    _empty_root(cell.machine)
    _stop_clocks(cell.machine, cell.clocks)
    gc.collect()
    gc.freeze()
    wait_ms = cell.told["line_seconds"] * 2000
    if _in_process(lambda: _trial(cell), wait_ms) != ANSWERED:
        raise CannotIsolate("a process in the cell could do more than compute")
    os.write(2, READY)
    records = select.poll()
    records.register(0, select.POLLIN)
    while True:
        ((_, events),) = records.poll()
        if not events & select.POLLIN:
            return
        os.write(2, _in_process(cell.answer, wait_ms))


def _machine() -> Machine:
    found = MACHINES.get(platform.machine())
    if sys.platform != "linux" or found is None:
        raise CannotIsolate(f"no table of system calls for {sys.platform}, {platform.machine()}")
    return found


def main() -> None:
    """Read what is to be done, leave the world, and serve; say in one line why not."""
    try:
        machine = _machine()
        told = json.loads(_read(struct.unpack("<I", _read(4))[0]))
        for name in IMPORTABLE:
            importlib.import_module(name)
        cell = Cell(told, machine)
        _leave_world()
        child = os.fork()
        if child == 0:
            _serve(cell)
            os._exit(0)
        os.close(0)
        os.close(1)
        os.waitpid(child, 0)
    except (CannotIsolate, OSError, SyntaxError) as error:
        os.write(2, f"refused {error}\n".encode("utf-8", "replace"))
        os._exit(1)


if __name__ == "__main__":
    main()
