"""Browsing goes to popular sites above all, and to very many others."""

import numpy as np

from hinomi.bench.addressing import OWN_V6, REMOTE_V6, is_own
from hinomi.bench.profiled.scene import Scene
from hinomi.bench.profiled.web import browse, name_sites, popular_site, visit_for_others


def test_few_sites_are_popular_and_many_are_not(bare: Scene) -> None:
    """The top ten take a good part; most sites are met once. Https leads."""
    browse(bare)
    records = bare.sheet.records()
    up = is_own(records.src)
    remote, port = np.where(up, records.dst, records.src), np.where(up, records.dst_port, 0)
    met = np.sort(np.unique(remote, return_counts=True)[1])

    assert met[-10:].sum() > 0.03 * met.sum()
    assert np.median(met) <= 2
    assert (port[up] == 443).mean() > 0.7
    assert (records.packets > 1).any()


def test_only_lines_with_ipv6_use_it(bare: Scene) -> None:
    """Both ends are of one family, and the line behind an IPv6 address has one."""
    browse(bare)
    records = bare.sheet.records()
    own = np.where(is_own(records.src), records.src, records.dst)
    other = np.where(is_own(records.src), records.dst, records.src)
    line = (own[(own & OWN_V6) != 0] & ~OWN_V6) >> 32

    assert (((own & OWN_V6) != 0) == (other >= REMOTE_V6)).all()
    assert line.size > 0
    assert bare.lines.has_v6[line].all()


def test_popular_sites_have_names(bare: Scene) -> None:
    """Delivery networks first; a site that has a name keeps it."""
    name_sites(bare)
    labels = [entry.label for entry in bare.book.entries.values()]

    assert {"cdn", "web"} == set(labels)
    assert len(labels) > 300


def test_a_popular_site_is_of_https_over_ipv4(bare: Scene) -> None:
    """It is met by those who browse."""
    site = popular_site(bare, bare.draws("x"), 1, 4)
    browse(bare)
    records = bare.sheet.records()

    assert site < REMOTE_V6
    assert ((records.dst == site) & (records.dst_port == 443)).any()


def test_visits_for_others_happen_when_they_are_told(bare: Scene) -> None:
    """Single packets of the lines given, at the times given."""
    line, at = np.arange(100), np.full(100, 2.5)
    visit_for_others(bare, bare.draws("x"), line, at)
    records = bare.sheet.records()

    assert records.ts_ms.tolist() == [216_000_000] * 100
