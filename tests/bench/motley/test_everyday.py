"""Sites are popular by the law of the world; a site is the same for everybody."""

import numpy as np

from hinomi.bench.motley.everyday import live, name_sites, popular_site, resolve, visit
from hinomi.bench.motley.scene import Scene


def test_everybody_lives(bare: Scene) -> None:
    """As many visits as the law says, and infrastructure beside them."""
    live(bare)
    records = bare.meetings.ledger.close()

    assert records.src.size > bare.lines.count * bare.laws.visits
    assert {"cdn", "web"}.isdisjoint({entry.label for entry in bare.book.entries.values()})
    assert bare.book.entries


def test_few_sites_have_most_visits(bare: Scene) -> None:
    """The first hundred servers of many thousands have more than their share."""
    visit(bare, bare.draws("x"), bare.lines.pick(20_000, bare.draws("y")))
    records = bare.meetings.ledger.close()
    server = np.where(np.isin(records.src, bare.lines.v4), records.dst, records.src)
    counts = np.sort(np.unique(server, return_counts=True)[1])[::-1]

    assert counts.size > 1_000
    assert counts[:100].sum() > 5 * 100 / counts.size * counts.sum()


def test_popular_sites_are_named_unless_they_have_a_name(bare: Scene) -> None:
    """What was named before keeps its name."""
    site = popular_site(bare, bare.draws("x"))
    bare.book.name(site, "cc", "family", 1)
    name_sites(bare)

    assert bare.book.entries[site].label == "cc"
    assert {"cdn", "web"} <= {entry.label for entry in bare.book.entries.values()}


def test_resolvers_are_our_own(bare: Scene) -> None:
    """They stand in the own blocks, and lines ask them."""
    resolve(bare)
    records = bare.meetings.ledger.close()

    assert records.src.size > 100
    assert {code >> 16 for code, _, _ in bare.book.entries} <= {
        int(block) >> 16 for block in bare.lines.blocks
    }
