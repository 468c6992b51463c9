"""
What `make bench-collect` prints: hinomi's collector beside nfdump's, on one core each.

    python benchmarks/collect.py --seconds 20 --json

First decoding alone, from memory. Then the whole way, live: datagrams over loopback until
their records are durable, oriented and under pseudonyms; the same datagrams then go to
`nfcapd` or `sfcapd`. The sender has the other core.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import export_payloads
import live_collectors
from decode_datagrams import SHAPES, measure
from live_collectors import Load, Outcome
from measuring import this_machine

WHOLE_ISP: Final = 15_600
"""Records a second of 1 Tb/s at 1 in 10,000 and 800 bytes a packet."""

LOADS: Final = (
    ("v9", 1_000_000),
    ("ipfix", 1_000_000),
    ("v5", 1_000_000),
    ("v9", 200_000),
    ("sflow", 200_000),
    ("v9", WHOLE_ISP),
    ("sflow", WHOLE_ISP),
)
SAMPLES_A_DATAGRAM: Final = 7
Run = Callable[[Load, Path], Outcome | None]
_STEPS: Final = 4
_GROWTH: Final = 1.4


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, and print tables or JSON."""
    parser = argparse.ArgumentParser(description="hinomi's collector beside nfdump's.")
    parser.add_argument("--seconds", type=float, default=20.0, help="of sending, for each rate")
    parser.add_argument("--decode-seconds", type=float, default=3.0, help="of CPU, for each shape")
    parser.add_argument("--protocols", nargs="+", choices=export_payloads.PROTOCOLS)
    parser.add_argument("--rates", nargs="+", type=int, help="records a second, instead of these")
    parser.add_argument("--only", choices=["decode", "live", "highest"], help="one part")
    parser.add_argument("--highest", action="store_true", help="search the highest rate as well")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--folder", type=Path, help="where files are written, then deleted")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    folder = chosen.folder or Path(tempfile.gettempdir())
    told = sys.stderr if chosen.json else sys.stdout
    parts: dict[str, Any] = {"machine": this_machine()}
    print(parts["machine"], file=told, flush=True)
    if chosen.only in {None, "decode"}:
        parts["decode"] = _decode(chosen, told)
    if chosen.only in {None, "live"}:
        parts["live"] = _live(chosen, folder, told)
    if chosen.only == "highest" or chosen.highest:
        parts["highest"] = _highest(chosen, folder, told)
    if chosen.json:
        print(json.dumps(parts))


def _decode(chosen: argparse.Namespace, told: Any) -> dict[str, float]:
    print("\n| decoding from memory | CPU s per million records |\n|---|---|", file=told)
    found = {}
    for shape in SHAPES:
        if chosen.protocols is None or shape.protocol in chosen.protocols:
            cost = found[shape.title] = round(measure(shape, chosen.decode_seconds), 4)
            print(f"| {shape.title} | {cost:.3f} |", file=told, flush=True)
    return found


def _live(chosen: argparse.Namespace, folder: Path, told: Any) -> list[dict[str, Any]]:
    print(
        "\n| the whole way | records/s | sent | lost | kernel drops | CPU s per million "
        "| peak MiB | bytes a record |\n|---|---|---|---|---|---|---|---|",
        file=told,
    )
    outcomes = []
    for load in _loads(chosen):
        for run in (
            [live_collectors.hinomi]
            if chosen.alone
            else [live_collectors.hinomi, live_collectors.nfdump]
        ):
            outcome = run(load, folder)
            if outcome is None:
                print(f"| (no nfdump here for {load.protocol}) |", file=told, flush=True)
                continue
            outcomes.append(outcome)
            print(_line(outcome), file=told, flush=True)
    return [_document(each) for each in outcomes]


def _collectors(chosen: argparse.Namespace) -> list[Run]:
    peers: list[Run] = [] if chosen.alone else [live_collectors.nfdump]
    return [live_collectors.hinomi, *peers]


def _loads(chosen: argparse.Namespace) -> Iterable[Load]:
    protocols = chosen.protocols or list(export_payloads.PROTOCOLS)
    if chosen.rates is None:
        pairs = [pair for pair in LOADS if pair[0] in protocols]
    else:
        pairs = [(protocol, rate) for protocol in protocols for rate in chosen.rates]
    return [_load(protocol, rate, chosen.seconds) for protocol, rate in pairs]


def _load(protocol: str, rate: int, seconds: float) -> Load:
    count = SAMPLES_A_DATAGRAM if protocol == "sflow" else 30
    return Load(protocol=protocol, rate=rate, seconds=seconds, records_per_datagram=count)


def _highest(chosen: argparse.Namespace, folder: Path, told: Any) -> list[dict[str, Any]]:
    """Search the highest rate without loss, of us and of the peers."""
    print("\n| highest rate without loss | records/s |\n|---|---|", file=told)
    found = []
    for protocol in chosen.protocols or ["v9", "sflow"]:
        for run in (
            [live_collectors.hinomi]
            if chosen.alone
            else [live_collectors.hinomi, live_collectors.nfdump]
        ):
            best = _climb(run, protocol, chosen.seconds, folder)
            if best is not None:
                found.append(_document(best))
                print(
                    f"| {best.collector}, {protocol} | {best.sent_per_s:,.0f} |",
                    file=told, flush=True,
                )  # fmt: skip
    return found


def _climb(run: Run, protocol: str, seconds: float, folder: Path) -> Outcome | None:
    """Raise the rate until something is lost or the sender does not follow, then halve steps."""
    best: Outcome | None = None
    good, bad = 0.0, float("inf")
    rate = 200_000.0 if protocol == "sflow" else 500_000.0
    for _ in range(24):
        outcome = run(_load(protocol, int(rate), seconds), folder)
        if outcome is None:
            return None
        if outcome.lost or outcome.kernel_drops:
            bad = rate
        else:
            good, best = rate, outcome
            if outcome.sent_per_s < 0.95 * rate:
                break  # The sender's own limit: the collector's lies above.
        if bad < good * _GROWTH ** (1 / _STEPS):
            break
        rate = good * _GROWTH if bad == float("inf") else (good * bad) ** 0.5 if good else bad / 2
    return best


def _line(outcome: Outcome) -> str:
    return (
        f"| {outcome.collector}, {outcome.load.protocol} | {outcome.sent_per_s:,.0f} | "
        f"{outcome.sent:,} | {outcome.lost:,} | {outcome.kernel_drops:,} | "
        f"{outcome.cpu_per_million:.3f} | {outcome.peak_mib:.0f} | "
        f"{outcome.bytes_per_record:.1f} |"
    )


def _document(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome) | {
        "lost": outcome.lost,
        "cpu_per_million": round(outcome.cpu_per_million, 4),
        "bytes_per_record": round(outcome.bytes_per_record, 1),
    }


if __name__ == "__main__":
    main()
