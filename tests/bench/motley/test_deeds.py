"""Bots misbehave since they are infected; what they meet by it is no C&C."""

import numpy as np
import pytest

from hinomi.bench.exchange import SYN
from hinomi.bench.ground.records import Records
from hinomi.bench.motley.deeds import Abused, act, offer
from hinomi.bench.motley.families import Family
from hinomi.bench.motley.groups import equip
from hinomi.bench.motley.scene import Scene

BOTS = np.arange(200)


def _act(scene: Scene, deed: str, since: float = 0.0) -> tuple[Records, Abused]:
    abused = offer(scene, equip(scene))
    scene.meetings.ledger.close()
    days = float(scene.laws.days)
    family = Family(
        name="fam", bots=BOTS, since=np.full(200, since), until=np.full(200, days),
        deeds=frozenset({deed}), loudness=20.0, active=BOTS[:100], servers=1,
    )  # fmt: skip
    act(scene, family, abused)
    return scene.meetings.ledger.close(), abused


def test_scanners_probe_many_and_some_again_and_again(bare: Scene) -> None:
    """Only those who take part; hosts that answer are named as what they are."""
    records, abused = _act(bare, "scanning")
    probes = records.flags == SYN
    senders = np.unique(records.src[probes])

    assert np.unique(records.dst[probes]).size > 200
    assert np.isin(senders, bare.lines.v4[:100]).mean() > 0.9
    assert {entry.label for entry in bare.book.entries.values()} >= {"scan-target", "ip-echo"}
    assert np.isin(abused.seen[-1], BOTS[:100]).all()


@pytest.mark.parametrize(
    ("deed", "label"),
    [("spamming", "mail-server"), ("mining", "mining-pool"), ("asking", "ip-echo"),
     ("carrying", "abuse-target"), ("scanning", "scan-target")],
)  # fmt: skip
def test_what_bots_meet_has_a_name_that_is_no_cc(bare: Scene, deed: str, label: str) -> None:
    """Among the services that were met is one with the label of the deed."""
    records, _ = _act(bare, deed)
    met = {*records.src.tolist(), *records.dst.tolist()}
    labels = {entry.label for each, entry in bare.book.entries.items() if each[0] in met}

    assert label in labels
    assert "cc" not in labels


def test_nothing_is_done_before_infection(bare: Scene) -> None:
    """The first packet comes when the line is infected."""
    since = bare.laws.days / 2
    records, _ = _act(bare, "scanning", since)

    assert records.src.size > 100
    assert records.ts_ms.min() >= since * 86_400_000 - 1


def test_new_members_fetch_soon_after_infection(bare: Scene) -> None:
    """From a loader or an installer, within hours; old members do not."""
    records, _ = _act(bare, "loading", since=1.0)
    bare.meetings.ledger.close()
    before, _ = _act(bare, "loading", since=0.0)

    assert before.src.size == 0
    if records.src.size:
        assert records.ts_ms.min() >= 86_400_000 - 1


def test_innocents_use_what_bots_use(bare: Scene) -> None:
    """Pools, echoes and installers have clients before any bot calls."""
    offer(bare, equip(bare))

    assert bare.meetings.ledger.count > 100
