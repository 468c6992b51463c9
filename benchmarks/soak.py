"""
What `make soak` runs: a collector under exporters that churn and restart, itself restarted too.

    python benchmarks/soak.py --minutes 30 --rate 200000

In the end every record that was sent is in the lake, was left out for a reason that was
counted, or is missing by sequence number; and the collector's memory did not grow. The exit
code is 1 if either is not so.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from churning import RECORDS, UNITS, Exporter, exporters
from live_collectors import HOST, OURS, Process, cores, free_port, make_home
from measuring import this_machine

from hinomi.collect.accounting import DROPPED, CollectStatus, unaccounted
from hinomi.collect.wire.meaning.interpret import (
    NO_ADDRESSES,
    NO_COUNTERS,
    NO_PACKETS,
    NO_PROTOCOL,
    NOT_IP,
)
from hinomi.collect.wire.sequences.places import LATE, LOST
from hinomi.collect.wire.sets.pending import SETS_WITHOUT_TEMPLATE
from hinomi.config import CollectConfig
from hinomi.services.collecting import collect_status
from hinomi.services.home import open_home

LEFT_OUT: Final = (*sorted(DROPPED), NO_ADDRESSES, NO_COUNTERS, NO_PACKETS, NO_PROTOCOL, NOT_IP)
"""Why a record that arrived is not in the lake: each is counted under one of these."""

FLUSH_S: Final = 5
CALM_S: Final = FLUSH_S + 4.0  # A flush, and a status behind it.
HEARD_S: Final = 2.5
"""After a start of the collector or of an exporter nothing else starts for so long: the gap
before it must be seen, and a wide one is believed after 32 datagrams only."""

_TICK_S: Final = 0.005
_SETTLE_S: Final = 1.0
_LONG_S: Final = 600.0
_SHORTEST_WITH_KILL: Final = 2.0
_GROWTH_MIB: Final = 16.0
"""By as much the mean of a tenth of the run may lie above that of an earlier one."""


@dataclass(slots=True, kw_only=True)
class Account:
    """What became of all records."""

    sent: int = 0
    stored: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    lost: int = 0  # By sequence number, in records.
    lost_by_kill: int = 0  # Of these: what the run after the kill found missing at its start.
    kernel_drops: int = 0  # Datagrams; their records are among the lost.
    unaccounted: int = 0  # By the collector's own account.
    runs: int = 0
    changes: int = 0
    exporter_restarts: int = 0

    @property
    def missing(self) -> int:
        """Records that are nowhere: 0 when all is well."""
        return self.sent - self.stored - self.left_out.total() - self.lost


class Traffic(threading.Thread):
    """Sends from all exporters, each at its rate, until told to end."""

    def __init__(self, target: tuple[str, int], rate: float, change_every_s: float) -> None:
        super().__init__(name="traffic", daemon=True)
        self.exporters = exporters(target)
        self.failure: BaseException | None = None
        self._rate = rate
        self._change_every_s = change_every_s
        self._orders: deque[Callable[[], None]] = deque()
        self._is_calm = False
        self._is_over = threading.Event()

    def restart(self, number: int) -> None:
        """Let one exporter begin anew."""
        self._orders.append(self.exporters[number % len(self.exporters)][0].restart)

    def calm(self) -> None:
        """Let no template and no rate change, and no record be refused, until `stir`."""
        self._orders.append(self._calm)

    def stir(self) -> None:
        """Let everything change again."""
        self._is_calm = False

    def stop(self) -> None:
        """End, and wait for it."""
        self._is_over.set()
        self.join()
        for exporter, _ in self.exporters:
            exporter.close()
        if self.failure is not None:
            raise self.failure

    def run(self) -> None:
        """Send what is due, again and again."""
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits.
            self.failure = error

    def _run(self) -> None:
        began_s = time.monotonic()
        changes, step_s = 0, self._change_every_s / len(self.exporters)
        while not self._is_over.wait(_TICK_S):
            elapsed_s = time.monotonic() - began_s
            while self._orders:
                self._orders.popleft()()
            if not self._is_calm and elapsed_s > (changes + 1) * step_s:
                self.exporters[changes % len(self.exporters)][0].change()
                changes += 1
            for exporter, share in self.exporters:
                due = elapsed_s * self._rate * share
                while exporter.sent < due:
                    exporter.send()

    def _calm(self) -> None:
        self._is_calm = True
        for exporter, _ in self.exporters:
            exporter.calm()


class Memory(threading.Thread):
    """Samples the resident memory of the process that collects, every second."""

    def __init__(self) -> None:
        super().__init__(name="memory", daemon=True)
        self.by_run: list[list[float]] = []
        self._pid: int | None = None
        self._is_over = threading.Event()

    def follow(self, pid: int | None) -> None:
        """Sample another process from now on, or none."""
        if pid is not None:
            self.by_run.append([])
        self._pid = pid

    def stop(self) -> None:
        """End, and wait for it."""
        self._is_over.set()
        self.join()

    def run(self) -> None:
        """Sample."""
        while not self._is_over.wait(1.0):
            pid = self._pid
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
            except (OSError, IndexError):
                continue
            self.by_run[-1].append(pages * os.sysconf("SC_PAGESIZE") / 2**20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When what happens, in seconds from the beginning."""

    seconds: float
    restarts: int
    kill: bool

    def events(self) -> list[tuple[float, str]]:
        """Give moments and what happens then, in order; the last part is left to memory."""
        share = 0.4 if self.seconds >= _LONG_S else 0.9
        actions = ["restart"] * self.restarts + ["kill"] * self.kill
        step = self.seconds * share / (len(actions) + 1)
        found = [(step * number, action) for number, action in enumerate(actions, 1)]
        if self.kill:
            found.append((max(0.0, step * len(actions) - CALM_S), "calm"))
        # Not just before a kill: what they sent before it must be stored, as nobody could see
        # a gap before numbers that began anew.
        found += [(step * (number - 0.4), "exporter") for number in range(1, self.restarts + 1)]
        later = np.arange(step * len(actions) + max(step / 2, 5.0), self.seconds - 3.0, 60.0)
        found += [(at, "exporter") for at in later.tolist()]
        return sorted(found)


class Soak:
    """One run."""

    def __init__(self, folder: Path, rate: float, change_every_s: float) -> None:
        self._home = make_home(folder, _quick)
        self._port = free_port()
        self._heard_s = 0.0
        self._traffic = Traffic((HOST, self._port), rate, change_every_s)
        self._memory = Memory()
        self._process = self._start()
        self.account = Account()

    def run(self, plan: Plan) -> list[list[float]]:
        """Do what *plan* says; give the memory of each of the collector's runs."""
        self._memory.follow(self._process.pid)
        self._memory.start()
        self._traffic.start()
        began_s = time.monotonic()
        restarts = random.Random(1)  # noqa: S311 - which exporter is next.
        killed = False
        try:
            for at_s, action in [*plan.events(), (plan.seconds, "end")]:
                self._wait(max(began_s + at_s, self._heard_s))
                if action == "exporter":
                    self._traffic.restart(restarts.randrange(len(self._traffic.exporters)))
                    self._heard_s = time.monotonic() + HEARD_S
                elif action == "calm":
                    self._traffic.calm()
                elif action != "end":
                    killed = self._again(kill=action == "kill", after_kill=killed)
            self._traffic.stop()
            time.sleep(_SETTLE_S)
            self._take_account(after_kill=killed, kill=False)
        finally:
            self._memory.stop()
            self._process.kill()
        self._add_up()
        return self._memory.by_run

    def _wait(self, until_s: float) -> None:
        while (left_s := until_s - time.monotonic()) > 0:
            if self._traffic.failure is not None:
                raise self._traffic.failure
            time.sleep(min(left_s, 0.2))

    def _start(self) -> Process:
        command = [*OURS, "--home", str(self._home), "collect"]
        process = Process([*command, "--listen", f"{HOST}:{self._port}"], cores()[0], self._port)
        process.wait_ready(settle_s=0.0)
        self._heard_s = time.monotonic() + HEARD_S
        return process

    def _again(self, *, kill: bool, after_kill: bool) -> bool:
        """End the collector one way or the other, and start it again; tell if it was killed."""
        self._memory.follow(None)
        self._take_account(after_kill=after_kill, kill=kill)
        self._process = self._start()
        self._memory.follow(self._process.pid)
        if kill:
            self._traffic.stir()
        return kill

    def _take_account(self, *, after_kill: bool, kill: bool) -> None:
        """
        End the collector, and add its account to the whole.

        The run after one that was killed counts as lost whatever came behind its last flush,
        also what was refused or missing then: so for a while before a kill nothing is.
        """
        if kill:
            self._process.kill()
        else:
            self._process.end()
        account, status = self.account, collect_status(open_home(self._home))
        account.runs += 1
        account.kernel_drops += self._process.kernel_drops
        lost = self._records(status, LOST.values(), per_unit=True)
        lost -= self._records(status, LATE.values(), per_unit=True)
        account.lost += lost
        account.lost_by_kill += lost if after_kill else 0
        account.left_out.update({why: n for why in LEFT_OUT if (n := status.total(why))})
        account.left_out[SETS_WITHOUT_TEMPLATE] += self._records(status, {SETS_WITHOUT_TEMPLATE})
        if not kill:
            account.unaccounted += abs(unaccounted(status))

    def _records(
        self, status: CollectStatus, reasons: Iterable[str], *, per_unit: bool = False
    ) -> int:
        """Turn datagrams, or what sequence numbers count, into the records they hold."""
        protocols = {f"127.0.3.{at}": each.protocol for at, each in self._numbered()}
        records = 0
        for name, exporter in status.exporters.items():
            counted = sum(exporter.counts.get(reason, 0) for reason in reasons)
            protocol = protocols[name]
            records += counted * RECORDS[protocol] // (UNITS[protocol] if per_unit else 1)
        return records

    def _numbered(self) -> Iterator[tuple[int, Exporter]]:
        return enumerate((exporter for exporter, _ in self._traffic.exporters), 1)

    def _add_up(self) -> None:
        account = self.account
        account.stored = open_home(self._home).lake().statistics().rows
        for _, exporter in self._numbered():
            account.sent += exporter.sent
            account.changes += exporter.changes
            account.exporter_restarts += exporter.restarts


def _quick(config: CollectConfig) -> CollectConfig:
    return msgspec.structs.replace(config, flush_seconds=FLUSH_S)


def growth_mib(samples: Sequence[float]) -> float | None:
    """Give by how much memory grew after the first fifth of a run; None if that says nothing."""
    tenth = len(samples) // 10
    if tenth < 3:
        return None
    early, late = samples[2 * tenth : 4 * tenth], samples[-2 * tenth :]
    return sum(late) / len(late) - sum(early) / len(early)


def main(arguments: Sequence[str] | None = None) -> None:
    """Soak, and say how it went."""
    parser = argparse.ArgumentParser(description="A collector under churn, every record counted.")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=200_000, help="records a second, of all")
    parser.add_argument("--restarts", type=int, default=4, help="of the collector, by SIGTERM")
    parser.add_argument(
        "--kill", action=argparse.BooleanOptionalAction,
        help=f"and one more by kill -9 (default: from {_SHORTEST_WITH_KILL:.0f} minutes on)",
    )  # fmt: skip
    parser.add_argument("--change-every", type=float, default=5.0, help="seconds, each exporter")
    parser.add_argument("--folder", type=Path, help="where files are written, then deleted")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.kill and chosen.minutes < _SHORTEST_WITH_KILL:
        parser.error(f"a kill needs {_SHORTEST_WITH_KILL:.0f} minutes at least: a flush before it")
    os.sched_setaffinity(0, {cores()[1]})
    kill = chosen.minutes >= _SHORTEST_WITH_KILL if chosen.kill is None else chosen.kill
    plan = Plan(seconds=chosen.minutes * 60, restarts=chosen.restarts, kill=kill)
    with tempfile.TemporaryDirectory(prefix="hinomi-soak-", dir=chosen.folder) as folder:
        soak = Soak(Path(folder), chosen.rate, chosen.change_every)
        memory = soak.run(plan)
    found = _document(soak.account, memory)
    if chosen.json:
        print(json.dumps(found))
    else:
        print(this_machine())
        for name, value in found.items():
            print(f"{name:<20} {value}")
    sys.exit(0 if found["verdict"] == "good" else 1)


def _document(account: Account, memory: list[list[float]]) -> dict[str, Any]:
    samples = memory[-1]
    growth = growth_mib(samples)
    at = {
        f"{share:.0%}": round(samples[min(int(share * len(samples)), len(samples) - 1)])
        for share in (0.1, 0.5, 1.0)
        if samples
    }
    is_flat = growth is None or growth < _GROWTH_MIB
    is_complete = account.missing == 0 and account.unaccounted == 0
    counted = {name: getattr(account, name) for name in account.__slots__}
    return counted | {
        "left_out": dict(+account.left_out),
        "missing": account.missing,
        "memory_mib": at,
        "memory_growth_mib": None if growth is None else round(growth, 1),
        "memory_peak_mib": round(max((max(run) for run in memory if run), default=0.0)),
        "verdict": "good" if is_flat and is_complete else "BAD",
    }


if __name__ == "__main__":
    main()
