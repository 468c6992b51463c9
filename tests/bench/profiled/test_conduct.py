"""Bots scan, try passwords, carry others, send spam and mine."""

import numpy as np
import pytest

from hinomi.bench.addressing import is_own
from hinomi.bench.ground.records import Records
from hinomi.bench.profiled.conduct import act, deliver_mail, login_hosts, mail_hosts
from hinomi.bench.profiled.families import Design, Family, Underworld
from hinomi.bench.profiled.scene import Scene


def _under(scene: Scene) -> Underworld:
    draws = scene.draws("under")
    return Underworld(
        families=[], infected=np.arange(100), hosts=np.arange(3), mail=mail_hosts(draws),
        logins=login_hosts(draws),
    )  # fmt: skip


def _act(scene: Scene, design: Design, under: Underworld) -> Records:
    family = Family(
        name="f", design=design, on_devices=True, weight=1.0, small=False, bots=np.arange(100),
        since=np.where(np.arange(100) < 50, 0.0, 5.0),
    )  # fmt: skip
    act(scene, under, family)
    return scene.sheet.records()


def test_scanners_probe_and_try_passwords(bare: Scene) -> None:
    """SYN to very many, few answers, and a few hosts that many bots meet."""
    under = _under(bare)
    records = _act(bare, Design.IOT_SCAN, under)
    probes = records.flags == 0x02
    sites = {s for s, entry in bare.book.entries.items() if entry.label == "scan-target"}
    to_sites = np.isin(records.dst, [code for code, _, _ in sites])

    assert np.unique(records.dst[probes]).size > 0.9 * probes.sum() - to_sites.sum()
    assert 0.02 < (records.dst_port[probes] > 0).sum() / records.ts_ms.size <= 1
    assert 10 < len(sites) <= 25
    assert under.scans[0].probes.sum() > 1_000
    assert 0.01 < is_own(records.dst[probes]).mean() < 0.06


def test_nothing_happens_before_the_infection(bare: Scene) -> None:
    """Bots infected on the fifth day scan from then on."""
    records = _act(bare, Design.IOT_SCAN, _under(bare))
    up = is_own(records.src) & (records.flags == 0x02)
    line = bare.lines.of(records.src[up], records.src_port[up].astype(np.int64))

    assert (records.ts_ms[up][line >= 50] >= 5 * 86_400_000).all()


@pytest.mark.parametrize(
    ("design", "label", "port"),
    [(Design.PROXY, "abuse-target", 443), (Design.MINER, "mining-pool", 3_333)],
)
def test_what_bots_meet_has_a_name(bare: Scene, design: Design, label: str, port: int) -> None:
    """Sites abused over proxies and pools are no C&C servers, though all bots meet them."""
    records = _act(bare, design, _under(bare))
    named = [code for code, _, _ in bare.book.entries]

    assert {entry.label for entry in bare.book.entries.values()} == {label}
    assert (np.isin(records.dst, named) & (records.dst_port == port)).any()


def test_spam_goes_where_mail_goes(bare: Scene) -> None:
    """Bots and businesses meet the same large mail servers."""
    under = _under(bare)
    spam = _act(bare, Design.SPAM, under)
    deliver_mail(bare, under.mail)
    mail = bare.sheet.records()
    labels = [entry.label for entry in bare.book.entries.values()]

    assert set(spam.dst_port[is_own(spam.src)].tolist()) == {25}
    assert np.isin(mail.dst[is_own(mail.src)], under.mail).all()
    assert np.isin(spam.dst[is_own(spam.src)], under.mail).all()
    assert labels == ["mail-server"] * 300


def test_silent_families_do_nothing(bare: Scene) -> None:
    """Only their calls can give them away."""
    assert _act(bare, Design.IOT_SILENT, _under(bare)).ts_ms.size == 0
