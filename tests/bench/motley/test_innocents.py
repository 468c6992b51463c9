"""Traps are there, as various as botnets, and none of them is a C&C."""

from collections import Counter

import numpy as np

from hinomi.bench.motley.groups import equip
from hinomi.bench.motley.innocents import TAINTED, keep_apart
from hinomi.bench.motley.scene import Scene
from hinomi.bench.motley.world import World

TRAPS = {
    "community", "vendor-cloud", "fleet", "telemetry", "relay", "relay-master", "p2p-node",
    "mining-pool", "ip-echo", "installer", "mail-server",
}  # fmt: skip


def test_traps_are_in_every_world(dense: World, sparse: World) -> None:
    """Many of them, by name."""
    for world in (dense, sparse):
        labels = Counter(entry.label for entry in world.scene.book.entries.values())
        assert set(labels) >= TRAPS
        assert labels["community"] >= 20


def test_small_services_and_communities_live(bare: Scene) -> None:
    """What is given is named; communities of several servers are among them."""
    infected = np.arange(40)
    services = keep_apart(bare, equip(bare), infected)
    entries = bare.book.entries
    groups = Counter(
        entries[each].family for each in services if entries[each].label in {"community", TAINTED}
    )

    assert all(entries[each].label != "cc" for each in services)
    assert 1 in groups.values()
    assert max(groups.values()) >= 3


def test_communities_are_met_by_several_lines(dense: World) -> None:
    """As a botnet is: five lines and more of some of them, though nothing is wrong there."""
    records, book = dense.records, dense.scene.book
    communities = {
        (code, port) for (code, _, port), entry in book.entries.items()
        if entry.label == "community"
    }  # fmt: skip
    clients: dict[tuple[int, int], set[int]] = {}
    for code, port, client in zip(
        records.dst.tolist(), records.dst_port.tolist(), records.src.tolist(), strict=True
    ):
        if (code, port) in communities:
            clients.setdefault((code, port), set()).add(client)

    assert sum(len(each) >= 5 for each in clients.values()) >= 5
