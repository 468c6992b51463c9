"""Which families a world has."""

from collections import Counter

import pytest

from hinomi.bench.communal.chance import Chance
from hinomi.bench.communal.families import Design, plan_families
from hinomi.bench.communal.kinds import size_of


@pytest.mark.parametrize("kind", ["dense", "sparse"])
@pytest.mark.parametrize("seed", range(4))
def test_every_world_has_the_hard_designs(kind: str, seed: int) -> None:
    """Fronts, proxies, meshes, residents, spam and lodgers, whatever the seed."""
    plans = plan_families(size_of(kind, seed, 1.0), Chance(seed, "families"))
    designs = Counter(plan.design for plan in plans)

    assert 27 <= len(plans) <= 45
    assert designs[Design.FRONTS] >= 2
    assert designs[Design.PROXIES] >= 2
    assert min(designs[each] for each in (
        Design.MESH, Design.RESIDENTS, Design.SPAM, Design.LODGERS,
    )) >= 1  # fmt: skip
    assert len({plan.name for plan in plans}) == len(plans)


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_memberships_and_servers_add_up(kind: str) -> None:
    """To the numbers of the kind, about; no family is smaller than five."""
    size = size_of(kind, 2, 1.0)
    plans = plan_families(size, Chance(2, "families"))
    members = sum(plan.size for plan in plans)
    servers = sum(plan.servers for plan in plans)

    assert members == pytest.approx(size.infected * size.kind.memberships, rel=0.2)
    assert servers == pytest.approx(size.kind.servers, rel=0.25)
    assert min(plan.size for plan in plans) >= 5
    assert max(plan.servers for plan in plans) <= 14
