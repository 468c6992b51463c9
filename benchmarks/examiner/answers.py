"""What is true, and what the lists say of it: late, incomplete and partly wrong."""

import csv
from pathlib import Path

import numpy as np

from examiner.botnets import Family
from examiner.profiles import TCP, UDP
from examiner.rows import Ints, text
from examiner.world import ACCESS, CLOUD, HOSTING, World

COLUMNS = (
    "address", "protocol", "port", "family", "tier", "label", "known", "detectable", "clients",
    "bots", "members", "packets_a_day", "design",
)  # fmt: skip
_PROTO = {TCP: "tcp", UDP: "udp"}


def write_lists(w: World, families: list[Family], folder: Path) -> None:
    """Draw what feeds know: some families well, some not at all, much that is dead or wrong."""
    rng, named = w.rng, w.services.named
    listed: list[int] = []
    for family in families:
        fame = (
            rng.choice([0.0, 0.3, 0.7], p=[0.4, 0.3, 0.3])
            if not family.scans
            else rng.choice([0, 0.4, 0.7])
        )
        for each in family.controllers:
            if rng.random() < (fame if named[each].tier == 1 else fame * 0.1):
                named[each].known = True
                listed.append(each)
    alive = max(len(listed), 4)
    for label, chance in (
        ("dead-cc", 0.6),
        ("sinkhole", 0.35),
        ("loader", 0.15),
        ("scan-target", 0.01),
    ):
        listed += [i for i, each in named.items() if each.label == label and rng.random() < chance]
    wrong = [i for i, each in named.items() if each.label in _MISTAKEN]
    listed += rng.choice(wrong, max(2, alive // 8), replace=False).tolist()
    rows = [_entry(w, each) for each in listed]
    for _ in range(int(alive * rng.uniform(1, 5))):  # Long gone: nobody calls them any more.
        address = w.far(int(rng.choice([HOSTING, CLOUD, ACCESS])), 1)
        rows.append(
            (text(int(address[0])), "tcp", int(rng.choice([443, 80, 23, 6667, 8080, 1312])))
        )
    _write(
        folder / "known-cc.csv",
        ("address", "protocol", "port"),
        [rows[i] for i in rng.permutation(len(rows))],
    )
    for name, label, chance in (
        ("scanners", "research-scanner", 0.6),
        ("sinkholes", "sinkhole", 0.4),
        ("benign", "public-dns", 1.0),
    ):
        some = [i for i, each in named.items() if each.label == label and rng.random() < chance]
        _write(folder / f"{name}.csv", ("address",), sorted({(_entry(w, i)[0],) for i in some}))


_MISTAKEN = ("vendor-cloud", "telemetry", "vpn", "push", "mining-pool", "ntp", "game", "mail")


def write_truth(w: World, path: Path) -> dict[str, int]:
    """Write what is true of each named service and count what there is to find."""
    met, bots, fronts = _counts(w)
    rows: list[tuple[object, ...]] = []
    found = {"cc": 0, "unknown detectable": 0, "upper, unknown detectable": 0, "known": 0}
    for each, facts in w.services.named.items():
        clients, own = met.get(each, 0), bots.get(each, 0)
        always = facts.label in {"cc", "ddos-victim", "research-scanner"} or facts.known
        if not clients and not always:
            continue
        is_cc = facts.label == "cc"
        enough = fronts.get(each, 0) >= 3 if facts.tier == 2 else own >= 5
        detectable = is_cc and enough
        found["cc"] += is_cc
        found["known"] += is_cc and facts.known
        found["unknown detectable"] += detectable and not facts.known
        found["upper, unknown detectable"] += detectable and not facts.known and facts.tier == 2
        rows.append((
            *_entry(w, each), facts.family, facts.tier, facts.label, int(facts.known),
            int(detectable), clients, own if is_cc else None, facts.members, facts.packets_a_day,
            facts.design,
        ))  # fmt: skip
    _write(path, COLUMNS, rows)
    return found


def _counts(w: World) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """Count lines sampled with each service: all, members, and fronts of an upper tier."""
    members = np.unique(np.concatenate(w.census.members))
    everyone = np.unique(np.concatenate([*w.census.pairs, members]))
    fronts: dict[int, int] = {}
    for pair in members.tolist():
        facts = w.services.named.get(pair >> 32)
        if facts and pair & 0xFFFFFFFF in facts.fronts:
            fronts[pair >> 32] = fronts.get(pair >> 32, 0) + 1
    return _by_service(w, everyone), _by_service(w, members), fronts


def _by_service(w: World, pairs: Ints) -> dict[int, int]:
    service, line = pairs >> 32, pairs & 0xFFFFFFFF
    told = np.unique(service << 36 | w.lines.key[line]) >> 36  # Lines behind one address are one.
    numbers, counts = np.unique(told, return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def _entry(w: World, service: int) -> tuple[str, str, int]:
    of = w.services
    return text(int(of.address[service])), _PROTO[int(of.proto[service])], int(of.port[service])


def _write(
    path: Path, header: tuple[str, ...], rows: "list[tuple[object, ...]] | list[tuple[str]]"
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
