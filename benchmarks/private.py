"""
What a round of private corroboration costs its members and the hub: CPU, bytes, memory.

    PYTHONPATH=src python benchmarks/private.py --write

Each role runs in a process of its own, one after the other, on one core. With --write the page is
put into benchmarks/results.
"""

import argparse
import multiprocessing
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from measuring import MIB, peak_rss_mib, this_machine

from hinomi.model.address import from_int
from hinomi.model.service import Service
from hinomi.share.private.combine import answer_to, combine
from hinomi.share.private.elements import pack
from hinomi.share.private.keys import RoundKeys
from hinomi.share.private.rounds import Round
from hinomi.share.private.shares import Stream, make_tables, open_answer
from hinomi.share.private.wire import decode_answer, decode_tables, encode_answer, encode_tables

PAGE: Final = Path(__file__).parent / "results" / "private.md"
KEY: Final = bytes(range(32))
FIRST: Final = 0x20010DB8 << 96  # 2001:db8::

Result = TypeVar("Result")


@dataclass(frozen=True)
class Case:
    """One round: how many members, findings, and how many of these are everybody's."""

    threshold: int
    members: int
    findings: int
    spread: str

    @property
    def agreed(self) -> Round:
        """The round with room for just these findings."""
        return Round(hub="hub.example", epoch=1, threshold=self.threshold, capacity=self.findings)

    def held(self, number: int) -> tuple[bytes, ...]:
        """
        Name the findings of a member.

        *few*: a tenth are out of as many services in common, the others its own. *skewed*: the k-th
        of twenty times as many services is named with a chance in proportion to 1 / (k + 1000).
        *same*: all members name the same.
        """
        chance = np.random.default_rng(number)
        if self.spread == "same":
            chosen = np.arange(self.findings)
        elif self.spread == "few":
            tenth = self.findings // 10
            common = chance.choice(2 * tenth, tenth, replace=False)
            own = np.arange(self.findings - tenth) + (number + 1) * 1_000_000
            chosen = np.concatenate([common, own])
        else:
            weights = 1 / (np.arange(20 * self.findings) + 1000)
            size = 20 * self.findings
            chosen = chance.choice(size, self.findings, replace=False, p=weights / weights.sum())
        return tuple(pack(Service(from_int(FIRST + 1 + int(one)), 6, 443)) for one in chosen)


@dataclass(frozen=True)
class Cost:
    """What one role used."""

    cpu_s: float
    cpu_last_s: float  # Of the second half: opening, or answering.
    peak_mib: float
    found: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all cases and print the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--findings", type=int, default=10_000, help="of each member")
    parser.add_argument("--thresholds", type=int, nargs="+", default=[2, 3, 4, 5])
    parser.add_argument("--spreads", nargs="+", default=["few", "skewed", "same"])
    parser.add_argument("--write", action="store_true", help="put the page into results")
    chosen = parser.parse_args(arguments)
    cases = [
        Case(threshold, chosen.members, chosen.findings, spread)
        for threshold in chosen.thresholds
        for spread in chosen.spreads
    ]
    lines = list(page(cases))
    if chosen.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text("\n".join(lines) + "\n", "utf-8")


def page(cases: Sequence[Case]) -> Iterator[str]:
    """Yield the lines of the page, printing each as it comes."""
    machine = f"{this_machine().split(';')[0]}; Python {platform.python_version()}"
    columns = (
        "t", "members x findings", "spread", "sets x bins", "member: make, open, s", "MiB sent",
        "MiB answered, most", "peak MiB", "hub: combine, answer, s", "peak MiB", "opened, mean",
        "missed, opened wrongly",
    )  # fmt: skip
    for line in (
        "# Private corroboration: what a round costs",
        "",
        f"{machine}, numpy {np.__version__}. A shared machine: seconds are of CPU. Single runs.",
        "",
        f"| {' | '.join(columns)} |",
        "|--:|--:|---" + "|--:" * (len(columns) - 3) + "|",
    ):
        print(line)
        yield line
    for case in cases:
        line = measure(case)
        print(line, flush=True)
        yield line


def measure(case: Case) -> str:
    """Play a round and give its line."""
    with tempfile.TemporaryDirectory(prefix="hinomi-private-") as name:
        folder = Path(name)
        members = [
            apart(member_makes, case, number, folder) for number in range(1, case.members + 1)
        ]
        hub = apart(hub_combines, case, folder)
        opened = [apart(member_opens, case, number, folder) for number in range(1, 4)]
        sent = (folder / "tables-1").stat().st_size
        answered = max(path.stat().st_size for path in folder.glob("answer-*"))
        wrong = sum(one[1] for one in opened)
        missed = sum(one[2] for one in opened)
    make = float(np.mean([one.cpu_s for one in members]))
    opening = float(np.mean([one[0].cpu_s for one in opened]))
    peak = max(one.peak_mib for one in [*members, *(one[0] for one in opened)])
    mean = float(np.mean([one[0].found for one in opened]))
    tests = comb(case.members, case.threshold) * case.agreed.positions
    return (
        f"| {case.threshold} | {case.members} x {case.findings:,} | {case.spread} | {tests:.1e} "
        f"| {make:.2f}, {opening:.2f} | {sent / MIB:.1f} | {answered / MIB:.1f} | {peak:.0f} "
        f"| {hub.cpu_s:.1f}, {hub.cpu_last_s:.1f} | {hub.peak_mib:.0f} | {mean:,.0f} "
        f"| {missed}, {wrong} |"
    )


def apart(work: Callable[..., Result], *arguments: object) -> Result:
    """Do the work in a new process, so that its peak of memory is its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *arguments).result()


def member_makes(case: Case, number: int, folder: Path) -> Cost:
    """Make the tables of one member."""
    held = case.held(number)
    began = time.process_time()
    keys = RoundKeys.derive(KEY, case.agreed)
    own = make_tables(case.agreed, keys, number, held, _seeded(case, number))
    document = encode_tables(case.agreed, keys, own)
    used = time.process_time() - began
    (folder / f"tables-{number}").write_bytes(document)
    return Cost(used, 0.0, peak_rss_mib(), 0)


def hub_combines(case: Case, folder: Path) -> Cost:
    """Read all tables, find what fits, answer everybody."""
    began = time.process_time()
    sent = {
        number: decode_tables(case.agreed, number, (folder / f"tables-{number}").read_bytes())
        for number in range(1, case.members + 1)
    }
    found = combine(case.agreed, sent)
    combined = time.process_time()
    for number in sent:
        answer = answer_to(number, found, sent)
        (folder / f"answer-{number}").write_bytes(encode_answer(case.agreed, answer))
    answered = time.process_time()
    return Cost(combined - began, answered - combined, peak_rss_mib(), len(found.positions))


def member_opens(case: Case, number: int, folder: Path) -> tuple[Cost, int, int]:
    """Open one member's answer; count what was opened wrongly and what was missed."""
    keys = RoundKeys.derive(KEY, case.agreed)
    own = make_tables(case.agreed, keys, number, case.held(number), _seeded(case, number))
    document = (folder / f"answer-{number}").read_bytes()
    began = time.process_time()
    opened = open_answer(case.agreed, keys, own, decode_answer(case.agreed, number, document))
    used = time.process_time() - began
    peak = peak_rss_mib()
    right = _named_often(case, number)
    got = set(opened.elements)
    return Cost(used, 0.0, peak, len(got)), len(got - right), len(right - got)


def _named_often(case: Case, number: int) -> set[bytes]:
    counts: dict[bytes, int] = {}
    for other in range(1, case.members + 1):
        for one in case.held(other):
            counts[one] = counts.get(one, 0) + 1
    return {one for one in case.held(number) if counts[one] >= case.threshold}


def _seeded(case: Case, number: int) -> Stream:
    return Stream(number.to_bytes(32, "big"), case.agreed)


if __name__ == "__main__":
    main()
